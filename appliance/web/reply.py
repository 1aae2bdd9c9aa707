"""A reply before it is HTTP: what envelopes give, pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, current_app


@dataclass(frozen=True)
class Reply:
    """A JSON body with its status and headers."""

    body: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def csv_file(lines: Iterable[str], name: str) -> Response:
    """A table as a download, sent while it is read. `name`: of the file, without its ending."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(lines, headers=headers, mimetype="text/csv")


def respond(reply: Reply) -> Response:
    """The reply as an HTTP response."""
    text = current_app.json.dumps(reply.body)
    response = Response(text, reply.status, dict(reply.headers), mimetype="application/json")
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def nothing(status: int = 204) -> Response:
    """A reply without a body, and so without a type of one."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response
