"""Jobs as a caller may reach them: any of the account's with `mgmt`, one's own with any key."""

from __future__ import annotations

from flask import request

from appliance.core.errors import InvalidInput, NotFound
from appliance.core.ids import JobId, job_reference
from appliance.core.jobs import JobView
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.services.jobs import reading
from appliance.web.actor import require

_DEFAULT, _LARGEST = 50, 100


def own_job(box: Box, reference: str) -> JobView:
    """The job this request may see. Raises NotFound."""
    return reading.whole(box, own_written(box, reference))


def own_written(box: Box, reference: str) -> JobView:
    """The same as its row says, without outputs, progress or place in the queue."""
    actor = require(box, None)
    job = reading.find_written(box, actor.account, reference)
    if Scope.MGMT not in actor.scopes and job.key != actor.key:
        raise NotFound(f"There is no job {reference[:60]!r}.")
    return job


def paging() -> tuple[int, JobId | None]:
    """`limit` and `cursor` of a list. Raises InvalidInput."""
    text = request.args.get("limit", str(_DEFAULT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _LARGEST):
        raise InvalidInput(f"limit must be between 1 and {_LARGEST}.", field="limit")
    cursor = request.args.get("cursor")
    named = job_reference(cursor) if cursor else None
    if cursor and (named is None or named.id is None):
        raise InvalidInput("cursor must be one that a list gave.", field="cursor")
    return int(text), named.id if named else None
