"""Browsers of other origins: who may call the API from a page (CORS)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, request

_ALLOWED = (
    "Authorization, x-api-key, Idempotency-Key, Prefer, Cancel-After, Content-Type, Last-Event-ID,"
    " Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, Upload-Checksum"
)
_EXPOSED = (
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, RateLimit, RateLimit-Policy,"
    " Retry-After, X-Request-Id, Idempotent-Replayed, Preference-Applied, ETag, Location,"
    " Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm,"
    " Upload-Length, Upload-Offset, Upload-Expires"
)


def allow_browsers(app: Flask, origins: Sequence[str]) -> None:
    """Let pages of these origins ("*": all) call the API; keys travel in headers, never cookies."""

    @app.after_request
    def _mark(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if not origin or not ("*" in origins or origin in origins):
            return response
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers.add("Vary", "Origin")
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Headers"] = _ALLOWED
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
            response.headers["Access-Control-Max-Age"] = "600"
        return response
