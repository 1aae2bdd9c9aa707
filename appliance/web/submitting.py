"""Submissions: a row of a family becomes a view that makes a job. The mechanism, once for all."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, g, request
from flask_smorest import Blueprint

from appliance.core.errors import ApplianceError, InvalidInput, ProcessingFailed, all_errors
from appliance.core.files import Upload
from appliance.core.jobs import Actor, JobError, JobView, Request, State
from appliance.services.files import uploads
from appliance.services.jobs.admission import Admitted, admit, check_tool
from appliance.services.jobs.estimating import Estimate, estimate
from appliance.web import openapi
from appliance.web.actor import require, require_or_guest
from appliance.web.body import Body, read_body
from appliance.web.families.family import Desk, Family, Submission
from appliance.web.form import Asked, Derived, Form
from appliance.web.intake import Intake
from appliance.web.once import idempotency_key
from appliance.web.reply import Reply, respond
from appliance.web.showing import show

_LONGEST_WAIT_S = 60.0
_DRY = ("dry_run", "dryRun")
_UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Counter:
    """Where one row's requests are received."""

    desk: Desk
    family: Family
    row: Submission
    form: Form

    def receive(self) -> Response:
        """Answer a submission, or its dry run."""
        actor = self._actor()
        check_tool(actor, self.row.tool)  # before a large file is taken in for nothing
        body = read_body()
        box = self.desk.box
        intake = Intake(box, actor, self.family.room(box.settings))
        try:
            if any(_truth(body.values.pop(name, False)) for name in _DRY):
                return respond(self.estimated(intake, body))
            admitted = self.admitted(intake, body)
        finally:
            uploads.discard(box, intake.placed)
        return self._answer(admitted)

    def _actor(self) -> Actor:
        box, public = self.desk.box, self.row.public
        if public is not None and public(box.settings):
            return require_or_guest(box, self.row.scope)
        return require(box, self.row.scope)

    def admitted(self, intake: Intake, body: Body) -> Admitted:
        """The job that a body makes."""
        return admit(intake.box, self.request(intake, body))

    def request(self, intake: Intake, body: Body) -> Request:
        """The body as a checked request. Raises InvalidInput and what intake raises."""
        asked = self.form.read(intake.take(self.form.fields, body.values), lenient=body.lenient)
        return self.as_request(intake, asked, tuple(intake.placed))

    def as_request(self, intake: Intake, asked: Asked, arrived: tuple[Upload, ...] = ()) -> Request:
        """What was asked as a request of this row; `arrived`: the files that came with it."""
        return Request(
            actor=intake.actor,
            family=self.family.name,
            type=asked.type or self.row.type,
            operation=asked.operation,
            params=intake.box.catalogue[asked.operation].read(asked.params),
            price_entry=asked.price or self.row.price,
            request_id=g.request_id,
            arrived=arrived,
            model=asked.model,
            extra=asked.extra,
            cancel_after_s=_cancel_after(),
            tool=self.row.tool,
            # Guests are one account: none may ask for what another was told.
            idempotency=fingerprint(self.row, asked) if intake.actor.key else None,
            webhook=asked.webhook,
        )

    def estimated(self, intake: Intake, body: Body) -> Reply:
        """What the request would cost and take, in the family's envelope; no file is kept."""
        try:
            found = estimate(self.desk.box, self.request(intake, body))
        finally:
            uploads.discard(self.desk.box, intake.placed)
        return self.family.envelope.estimated(as_facts(found))

    def _answer(self, admitted: Admitted) -> Response:
        own = 0.0 if self.row.at_once else self.family.wait_s(self.desk.box.settings)
        seconds, applied = _patience(own)
        job = self.desk.waiters.wait(admitted.job, seconds) if seconds else _as_first(admitted.job)
        if own and job.state in (State.FAILED, State.CANCELLED):
            raise as_error(job)
        envelope = self.family.envelope
        write = envelope.finished if job.state.final else envelope.accepted
        response = respond(write(show(self.desk.box, job)))
        if admitted.replayed:
            response.headers["Idempotent-Replayed"] = "true"
        if applied:
            response.headers["Preference-Applied"] = applied
        return response


def as_facts(found: Estimate) -> dict[str, Any]:
    """An estimate as every family tells it."""
    return {
        "credits": found.credits,
        "usd": found.price.usd(),
        "seconds": found.seconds,
        "queue_position": found.queue_position,
        "model": {"resolved": found.resolved, "installed": found.installed, "fits": found.fits},
        "verdict": {"allowed": found.blocked is None, "rule": found.blocked},
    }


def _as_first(job: JobView) -> JobView:
    """The job as the first reply told it: a replay that does not wait says the same again."""
    return replace(job, state=State.PENDING, outputs=(), error=None)


def add_submissions(blueprint: Blueprint, family: Family, desk: Desk) -> None:
    """Register every row of the family."""
    for row in family.submissions:
        form = row.form.form(desk.box.catalogue) if isinstance(row.form, Derived) else row.form
        add_counter(blueprint, Counter(desk, family, row, form))


def add_counter(blueprint: Blueprint, counter: Counter) -> None:
    """Register a row of a family where it is received."""
    path = counter.row.path
    counter.desk.counters[path] = counter
    documented = blueprint.doc(**openapi.of_submission(counter.form, counter.family))(
        _view(counter)
    )
    blueprint.route(path, methods=["POST"])(documented)


def _view(counter: Counter) -> Callable[[], Response]:
    def view() -> Response:
        return counter.receive()

    # The operation's id in the published contract.
    path = counter.row.path.removeprefix("/api").removeprefix("/v1")
    view.__name__ = re.sub(r"\W+", "_", path).strip("_")
    view.__doc__ = counter.row.summary
    return view


def _truth(value: object) -> bool:
    if value in (True, False):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "1", "false", "0"):
        return value.lower() in ("true", "1")
    raise InvalidInput("dry_run must be true or false.", field="dry_run")


def _cancel_after() -> float | None:
    text = request.headers.get("Cancel-After")
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})\s*([smh]?)", text.strip())
    if not match:
        raise InvalidInput("Cancel-After must be a duration such as 90s, 5m or 1h.")
    return float(int(match[1]) * _UNITS_S[match[2]])


def fingerprint(row: Submission, asked: Asked) -> tuple[str, bytes] | None:
    """The request's Idempotency-Key, and what makes it this request; None without a key."""
    key = idempotency_key()
    if key is None:
        return None
    parsed = {"params": dict(asked.params), "extra": dict(asked.extra), "model": asked.model}
    parsed["webhook"] = asked.webhook
    text = json.dumps([row.path, parsed], sort_keys=True, default=_digest)
    return key, hashlib.sha256(text.encode()).digest()


def _digest(value: object) -> str:
    assert isinstance(value, Upload)
    return value.sha256


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
