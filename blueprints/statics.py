"""Files under /static/<build>/…: the build is a hash of all of them, so a browser may keep each one for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, current_app, request, send_from_directory

from blueprints.signed_in import public

ROOT = Path(__file__).resolve().parent.parent / "static"
_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=60"  # a page from before an update asks for the old build


def build_of(root: Path) -> str:
    """The first 12 hex digits of SHA-256 over all names and contents."""
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        digest.update(path.relative_to(root).as_posix().encode("utf-8") + b"\x00")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


@public
def static(build: str, filename: str) -> Response:
    """One file; 404 outside the folder."""
    response = send_from_directory(ROOT, filename)
    response.headers["Cache-Control"] = _FOREVER if build == current_app.config["BUILD"] else _BRIEFLY
    return response


def static_url(filename: str) -> str:
    """The address of one file. A page names some forty, so the router is not asked."""
    return f"{request.script_root}/static/{current_app.config['BUILD']}/{filename}"


def install(app: Flask, build: str) -> None:
    """Serve the folder; `static_url(name)` and `url_for("static", filename=…)` name the current build themselves."""
    app.config["BUILD"] = build or build_of(ROOT)
    app.add_url_rule("/static/<build>/<path:filename>", endpoint="static", view_func=static)

    app.add_template_global(static_url)

    @app.url_defaults
    def name_build(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values.setdefault("build", app.config["BUILD"])
