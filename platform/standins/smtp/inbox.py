"""The inbox: a page for people, JSON for scripts."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from flask import Flask, Response, abort, jsonify, render_template, request
from markupsafe import Markup, escape

from standins.smtp.store import FAULTS, LINK, Store

LONGEST_WAIT_S = 30.0
LOOK_EVERY_S = 0.05
# The message's own html runs without scripts and without fetching anything.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox"
)


def create_app(store: Store) -> Flask:
    """GET / is the page; GET /messages, GET /messages/<id>, POST and DELETE /_faults are for scripts."""
    app = Flask(__name__)
    app.add_template_filter(linked)
    app.add_template_filter(instant)

    @app.get("/")
    @app.get("/inbox/<int:ref>")
    def page(ref: int | None = None) -> str:
        every = store.messages(to=request.args.get("to", ""))
        shown = store.message(ref) if ref is not None else (every[0] if every else None)
        return render_template("inbox.html", messages=every, shown=shown, to=request.args.get("to", ""))

    @app.get("/inbox/<int:ref>/html")
    def html(ref: int) -> Response:
        message = store.message(ref)
        if message is None:
            abort(404)
        body = '<base target="_blank">' + message.part("html")
        return Response(
            body, headers={"Content-Security-Policy": FRAME_POLICY}, content_type="text/html; charset=utf-8"
        )

    @app.get("/messages")
    def messages() -> Response:
        to, since = request.args.get("to", ""), request.args.get("since", 0, type=int)
        deadline = time.monotonic() + min(request.args.get("wait", 0.0, type=float), LONGEST_WAIT_S)
        while not (found := store.messages(to=to, since=since)) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        return jsonify({"messages": [each.to_json(whole=False) for each in found]})

    @app.get("/messages/<int:ref>")
    def message(ref: int) -> Response:
        found = store.message(ref)
        if found is None:
            abort(404)
        return jsonify(found.to_json(whole=True))

    @app.route("/_faults", methods=["GET", "POST", "DELETE"])
    def faults() -> tuple[Response, int] | Response:
        if request.method == "DELETE":
            store.disarm()
        if request.method == "POST":
            rule = request.get_json(force=True, silent=True)
            if not isinstance(rule, dict) or rule.get("fault") not in FAULTS:
                return jsonify({"error": f'Send {{"fault": …}} with one of: {", ".join(FAULTS)}'}), 400
            store.arm(rule)
        return jsonify({"waiting": store.faults()})

    return app


def linked(text: str) -> Markup:
    """The text with its addresses made clickable."""
    out, at = Markup(""), 0
    for hit in LINK.finditer(text):
        url = escape(hit.group(0))
        out += escape(text[at : hit.start()]) + Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>').format(
            url
        )
        at = hit.end()
    return out + escape(text[at:])


def instant(seconds: float) -> str:
    """A moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
