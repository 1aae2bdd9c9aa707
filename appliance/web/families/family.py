"""A family: its envelope, its rows, its patience. The mechanism of a submission is here, once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Response, g, request
from flask_smorest import Blueprint

from appliance.adapters.config import Settings
from appliance.core.errors import ApplianceError, InvalidInput, ProcessingFailed, all_errors
from appliance.core.files import Upload
from appliance.core.jobs import Actor, JobError, JobView, Request, State
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.services.jobs.admission import admit
from appliance.web import openapi
from appliance.web.actor import require
from appliance.web.body import read_body
from appliance.web.form import Asked, Derived, Form
from appliance.web.intake import Intake, Room
from appliance.web.reply import Reply, respond
from appliance.web.showing import Shown, show
from appliance.web.waiting import Waiters

_LONGEST_WAIT_S = 60.0
_LONGEST_KEY = 255


class Envelope(Protocol):
    """How a family writes. All three are pure."""

    def accepted(self, shown: Shown) -> Reply:
        """The answer to a submission whose job has not ended."""
        ...

    def finished(self, shown: Shown) -> Reply:
        """The answer to a submission whose job has ended."""
        ...

    def refuse(self, error: ApplianceError, refused: Refused) -> Reply:
        """The answer to a request that is refused."""
        ...


@dataclass(frozen=True)
class Refused:
    """What a refusal says besides its error."""

    request_id: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Submission:
    """One row of a family: a path that makes a job.

    `form` is derived from an operation or irregular; `type` is what the family calls such a job;
    `price` its entry in the price book. `at_once`: never wait, whatever the family does.
    """

    path: str
    form: Derived | Form
    type: str
    price: str
    scope: Scope
    summary: str
    at_once: bool = False


def _no_wait(_settings: Settings) -> float:
    return 0.0


@dataclass(frozen=True)
class Family:
    """A set of foreign routes. `wait_s`: how long a submission waits for its job by itself; 0 for
    families that answer 202. `polled`: fields it adds where one of its jobs is polled under
    another family's path.
    """

    name: str
    title: str
    envelope: Envelope
    submissions: tuple[Submission, ...]
    room: Callable[[Settings], Room]
    wait_s: Callable[[Settings], float] = _no_wait
    polled: Callable[[Shown], Mapping[str, Any]] | None = None
    documents: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Desk:
    """What a family's views work with."""

    box: Box
    waiters: Waiters
    families: Mapping[str, Family]


def add_submissions(blueprint: Blueprint, family: Family, desk: Desk) -> None:
    """Register every row of the family."""
    for row in family.submissions:
        form = row.form.form(desk.box.catalogue) if isinstance(row.form, Derived) else row.form
        view = _view(desk, family, row, form)
        view.__name__ = re.sub(r"\W+", "_", f"{family.name}{row.path}")
        view.__doc__ = row.summary
        documented = blueprint.doc(**openapi.submission(form, family.name))(view)
        blueprint.route(row.path, methods=["POST"])(documented)


def _view(desk: Desk, family: Family, row: Submission, form: Form) -> Callable[..., Response]:
    def view() -> Response:
        actor = require(desk.box, row.scope)
        body = read_body()
        intake = Intake(desk.box, actor, family.room(desk.box.settings))
        values = intake.take(form.fields, body.values)
        asked = form.read(values, lenient=body.lenient)
        return _submitted(desk, family, row, _request(desk, family, row, actor, asked))

    return view


def _request(desk: Desk, family: Family, row: Submission, actor: Actor, asked: Asked) -> Request:
    operation = desk.box.catalogue[asked.operation]
    return Request(
        actor=actor,
        family=family.name,
        type=row.type,
        operation=asked.operation,
        params=operation.read(asked.params),
        price_entry=row.price,
        request_id=g.request_id,
        model=asked.model,
        extra=asked.extra,
        idempotency=_idempotency(row, asked),
    )


def _idempotency(row: Submission, asked: Asked) -> tuple[str, bytes] | None:
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not key:
        return None
    if len(key) > _LONGEST_KEY:
        raise InvalidInput(f"An Idempotency-Key has at most {_LONGEST_KEY} characters.")
    parsed = {"params": dict(asked.params), "extra": dict(asked.extra), "model": asked.model}
    text = json.dumps([row.path, parsed], sort_keys=True, default=_digest)
    return key, hashlib.sha256(text.encode()).digest()


def _digest(value: object) -> str:
    assert isinstance(value, Upload)
    return value.sha256


def _submitted(desk: Desk, family: Family, row: Submission, asked: Request) -> Response:
    admitted = admit(desk.box, asked)
    own = 0.0 if row.at_once else family.wait_s(desk.box.settings)
    seconds, applied = _patience(own)
    job = desk.waiters.wait(admitted.job, seconds) if seconds else admitted.job
    if own and job.state in (State.FAILED, State.CANCELLED):
        raise as_error(job)
    shown = show(desk.box, job)
    write = family.envelope.finished if job.state.final else family.envelope.accepted
    response = respond(write(shown))
    if admitted.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if applied:
        response.headers["Preference-Applied"] = applied
    return response


def _patience(own: float) -> tuple[float, str]:
    """Seconds to wait and the preference applied, from the Prefer header (RFC 7240)."""
    prefer = request.headers.get("Prefer", "")
    if own and "respond-async" in prefer:
        return 0.0, "respond-async"
    asked = re.search(r"\bwait=(\d{1,6})", prefer)
    if asked and not own:
        seconds = min(float(asked[1]), _LONGEST_WAIT_S)
        return seconds, f"wait={seconds:g}"
    return own, ""


def as_error(job: JobView) -> ApplianceError:
    """A failed or cancelled job's error, as a waiting family answers it."""
    error = job.error or JobError("cancelled", "The job was cancelled.", retryable=True)
    kinds = {kind.code: kind for kind in reversed(all_errors())}
    kind = kinds.get(error.code, ProcessingFailed)
    if kind.status == 500:
        kind = ProcessingFailed
    return kind(error.message, field=error.field, details=error.details)
