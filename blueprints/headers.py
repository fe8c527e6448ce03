"""Headers of every response: what the browser may load, do and tell others. Errors and files included."""

from __future__ import annotations

from flask import Flask, Response, request

from blueprints.request_log import current_request_id
from headroom.settings import Settings

REPORT_PATH = "/csp-reports"
_PERMISSIONS = (
    "accelerometer=(), autoplay=(self), camera=(), display-capture=(), fullscreen=(self), "
    "geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), "
    "publickey-credentials-get=(self), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
)


def content_security_policy(settings: Settings) -> str:
    """What a page may load. Scripts and styles come from our own files alone; nothing is inline."""
    store = settings.store_public_origin
    # A form's redirect counts as the form's target, so the provider's checkout page has to be named here.
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self'",
        "connect-src": f"'self' {store}",
        "media-src": f"'self' blob: {store}",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": " ".join(("'self'", *settings.checkout_origins)),
        "frame-ancestors": "'none'",
        "report-uri": REPORT_PATH,
        "report-to": "csp",
    }
    return "; ".join(f"{name} {value}".strip() for name, value in directives.items())


def fixed_headers(settings: Settings) -> dict[str, str]:
    """The headers that are the same on every response of this installation."""
    headers = {
        "Content-Security-Policy": content_security_policy(settings),
        "Reporting-Endpoints": f'csp="{REPORT_PATH}"',
        "X-Content-Type-Options": "nosniff",
        # not no-referrer: with that, browsers send `Origin: null` with our own forms
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": _PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "X-Permitted-Cross-Domain-Policies": "none",
    }
    if settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return headers


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every response, whatever made it."""
    fixed = fixed_headers(settings)

    def add(response: Response) -> Response:
        for name, value in fixed.items():
            response.headers[name] = value
        response.headers["X-Request-Id"] = current_request_id()
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        if request.headers.get("Cookie") or response.headers.getlist("Set-Cookie"):
            response.vary.add("Cookie")
        return response

    app.after_request(add)
