"""Polls: a job with its ETag, answered 304 while nothing has changed.

What is told of a job that has ended depends on a few values only, so its tag is known before its
outputs are read and its links are signed: whoever polls to the end and goes on costs next to
nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import Response, request

from appliance.core import signing
from appliance.core.jobs import JobView
from appliance.services.box import Box
from appliance.services.jobs import reading
from appliance.web.reply import Reply, respond
from appliance.web.showing import Shown, base_url, show

# Settings and code change only between two runs of this process.
_RUN = secrets.token_hex(8)


def polled(box: Box, job: JobView, write: Callable[[Shown], Mapping[str, Any]]) -> Response:
    """The job as `write` tells it, or 304. `job`: as its row says."""
    tag = _tag(box, job)
    if tag and request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        response = respond(Reply(write(show(box, reading.whole(box, job)))))
    response.headers["Cache-Control"] = "private, no-cache"
    if tag:
        response.set_etag(tag)
    else:
        response.add_etag()
    if response.status_code != 304:
        response.make_conditional(request)
    return response


def _tag(box: Box, job: JobView) -> str | None:
    if not job.state.final or job.completed_at is None:
        return None
    life = timedelta(hours=box.settings.storage.link_hours)
    links = signing.expiry(job.completed_at, box.clock.now(), life)
    facts = "|".join((_RUN, job.id, job.state, str(links), base_url(box), request.path))
    return hashlib.sha256(facts.encode()).hexdigest()[:32]
