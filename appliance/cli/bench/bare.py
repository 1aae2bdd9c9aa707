"""The measure: one bare Flask route on the same waitress, in a process of its own."""

from __future__ import annotations

from flask import Flask, Response

from appliance.cli.box import this_box
from appliance.web.serve import listening


def bare_app() -> Flask:
    """An application of one route that answers a small JSON object."""
    app = Flask("bare")

    @app.get("/bare")
    def answer() -> Response:
        return Response('{"status": "ok"}', mimetype="application/json")

    return app


if __name__ == "__main__":
    listening(bare_app(), this_box().settings, "127.0.0.1").run()
