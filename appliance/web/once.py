"""Idempotency of plain calls, the mechanism: `on` wraps every POST that changes something.

A submission is another matter: its replay is its job as it is by then (appliance.web.submitting).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, request
from werkzeug.datastructures import FileStorage, Headers

from appliance.core.errors import InvalidInput
from appliance.services import replies
from appliance.services.box import Box
from appliance.services.replies import Asked, Kept, Replayed
from appliance.web.actor import presented, require
from appliance.web.arrivals import Arrival
from appliance.web.body import read_body

_LONGEST_KEY = 255
# Where a request says in headers what it wants: a file that is to come in pieces.
_TELLING = ("Tus-Resumable", "Upload-Length", "Upload-Metadata")


def idempotency_key() -> str | None:
    """The request's Idempotency-Key, None without one. Raises InvalidInput for a long one."""
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if len(key) > _LONGEST_KEY:
        raise InvalidInput(f"An Idempotency-Key has at most {_LONGEST_KEY} characters.")
    return key or None


def once(view: Callable[..., Response], *, reads_body: bool) -> Callable[..., Response]:
    """The view, carried out once under an Idempotency-Key. `reads_body`: what is in the body tells
    requests apart.
    """

    @wraps(view)
    def answer(**values: Any) -> Response:
        key = idempotency_key()
        if key is None:
            return view(**values)
        box: Box = current_app.extensions["box"]
        asked = _asked(box, key, reads_body=reads_body)
        try:
            with replies.once(box, asked):
                response = view(**values)
                replies.keep(box, asked, _kept(response))
        except Replayed as replayed:
            return _again(replayed.kept)
        return response

    return answer


def _asked(box: Box, key: str, *, reads_body: bool) -> Asked:
    actor = require(box, None)
    told = {name: request.headers[name] for name in _TELLING if name in request.headers}
    values = read_body().values if reads_body and not told else {}
    where = [request.method, request.path, sorted(request.args.items(multi=True)), actor.key]
    text = json.dumps([where, told, values], sort_keys=True, default=_digest)
    fingerprint = hashlib.sha256(text.encode()).digest()
    return Asked(actor.account, key, fingerprint, presented())


def _digest(value: object) -> list[str | None]:
    assert isinstance(value, FileStorage)
    assert isinstance(value.stream, Arrival)
    return [value.filename, value.stream.sha256]


def _kept(response: Response) -> Kept:
    headers = [(name, value) for name, value in response.headers if name != "Content-Length"]
    return Kept(response.status_code, tuple(headers), response.get_data())


def _again(kept: Kept) -> Response:
    response = Response(kept.body, kept.status)
    response.headers = Headers([*kept.headers, ("Idempotent-Replayed", "true")])
    return response
