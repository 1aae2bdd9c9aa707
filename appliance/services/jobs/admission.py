"""Admission: everything that is decided before a job exists, then one transaction.

A refused request leaves nothing behind: no row, no hold, no idempotency record.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
from dataclasses import dataclass
from typing import Any

from appliance.adapters.database import Transaction
from appliance.adapters.failpoints import Point, reach
from appliance.adapters.wake import ring
from appliance.core import safety
from appliance.core.clock import micros
from appliance.core.errors import (
    ContentBlocked,
    Forbidden,
    InsufficientScope,
    NoWorker,
    QueueFull,
    ToolNotAllowed,
)
from appliance.core.ids import JobId, new_ulid
from appliance.core.jobs import Actor, JobView, Request
from appliance.core.money import Money, Quote
from appliance.core.operation import Operation
from appliance.core.scopes import Scope
from appliance.services import characters, events, models
from appliance.services.access import accounts, plans
from appliance.services.access.pace import check_pace
from appliance.services.box import Box
from appliance.services.files import uploads
from appliance.services.health import worker_age_s
from appliance.services.jobs import claiming, idempotency, reading
from appliance.services.jobs.rows import COLUMNS, view
from appliance.services.jobs.steering import WEB_BELL
from appliance.services.money import ledger, pricing, usage

_LARGEST_SEED = 2**32


@dataclass(frozen=True)
class Admitted:
    """The job behind a submission; `replayed` if an earlier one with the same key made it."""

    job: JobView
    replayed: bool


@dataclass(frozen=True)
class Decision:
    """What was decided before the transaction: the job as it will be written."""

    request: Request
    resolved: models.Resolved
    quote: Quote

    @property
    def price(self) -> Money:
        """What it will cost, whatever the price book says later."""
        return self.quote.price


def admit(box: Box, request: Request) -> Admitted:
    """Accept a request as a job with its hold, or raise what refuses it.

    Raises ToolNotAllowed, InsufficientScope, Forbidden, ContentBlocked, InvalidInput,
    ModelNotInstalled, InsufficientCredits, NoWorker, QueueFull, StorageFull, ConcurrencyLimited,
    RateLimited, QuotaExceeded, IdempotencyMismatch.
    """
    earlier = idempotency.job_of(box.db, box, request)
    if earlier:
        return Admitted(reading.job_by_id(box, earlier), replayed=True)
    decision = decide(box, request)
    job = request.job or JobId(new_ulid())
    with box.db.transaction("admission") as tx:
        twin = idempotency.job_of(tx, box, request)  # it may have committed since
        if twin is None:
            check_queue(tx, box)
            check_pace(tx, box, request)
            usage.check_quota(tx, box, request.actor, decision.price)
            # Whoever was nudged for a job that still waits will come to this one too.
            nudged = claiming.any_waiting(tx, decision.resolved.lane)
            accepted = write_part(tx, box, job, decision)
    if twin is not None:
        return Admitted(reading.job_by_id(box, twin), replayed=True)
    ring(box.home.run / WEB_BELL, job)
    if not nudged:
        box.lanes.nudge(decision.resolved.lane)
    reach(Point.ADMISSION_NUDGED)
    return Admitted(accepted, replayed=False)


def decide(box: Box, request: Request) -> Decision:
    """The checks that need no transaction: content, models, room, price."""
    operation = box.catalogue[request.operation]
    check_allowed(box, request)
    request = dataclasses.replace(request, params=_with_seed(request.params))
    _check_content(operation, request)
    resolved = models.resolve(box, operation, request.model, request.params)
    plans.check_models(box, request.actor, request.model, [*resolved.models.values()])
    characters.check(box, request, resolved.models)
    _check_room(box)
    quantity = operation.quantity(request.params)
    quote = pricing.quote(box, request.price_entry, request.model, quantity)
    return Decision(request, resolved, quote)


def check_allowed(box: Box, request: Request) -> None:
    """Let a request pass that its key's tools and scopes and its account's plan allow.

    Raises ToolNotAllowed, InsufficientScope, Forbidden.
    """
    check_tool(request.actor, request.tool)
    _check_admin(box, box.catalogue[request.operation], request)
    plans.check_operation(box, request.actor, request.operation)


def check_tool(actor: Actor, tool: str | None) -> None:
    """Let a tool pass that the actor's key may run. Raises ToolNotAllowed."""
    if tool and actor.tools is not None and tool not in actor.tools:
        raise ToolNotAllowed(
            f"This key may not run {tool}.", details={"allowed": sorted(actor.tools)}
        )


def _check_admin(box: Box, operation: Operation[object], request: Request) -> None:
    # Asked here and not of routes alone: a pipeline's stage comes through no route of its own.
    if not operation.admin:
        return
    if Scope.ADMIN not in request.actor.scopes:
        raise InsufficientScope(
            f"{operation.name} needs a key with the scope {Scope.ADMIN}.",
            details={"required": Scope.ADMIN.value},
        )
    if not accounts.is_first(box, request.actor.account):
        raise Forbidden("Only a key of the box's own account may do this.")


def _with_seed(params: object) -> object:
    # The seed is drawn here and kept with the job, so that a job tried again after a crash makes
    # the same picture.
    if getattr(params, "seed", 0) is None:
        return dataclasses.replace(params, seed=secrets.randbelow(_LARGEST_SEED))  # type: ignore[type-var]  # params are frozen dataclasses
    return params


def _check_content(operation: Operation[object], request: Request) -> None:
    verdict = verdict_on(operation, request)
    if verdict is not None:
        raise ContentBlocked(verdict.says, details={"rule": verdict.rule})


def verdict_on(operation: Operation[object], request: Request) -> safety.Verdict | None:
    """What the rules that need no model say to a request: None lets it through."""
    given = {field: getattr(request.params, field.name) for field in operation.fields}
    texts = [text for field, value in given.items() if field.prompt for text in _texts(value)]
    pictured = any(value for field, value in given.items() if field.is_file)
    return safety.judge(texts, from_photo=operation.from_photo and pictured)


def _texts(value: object) -> list[str]:
    if isinstance(value, tuple):
        return [text for text in value if isinstance(text, str)]
    return [value] if isinstance(value, str) else []


def _check_room(box: Box) -> None:
    settings = box.settings
    age = worker_age_s(box)
    if age is None or age > settings.jobs.worker_stale_s:
        raise NoWorker(
            "The appliance's worker is not running; its admin starts it with: appliance start.",
            retry_after_s=10,
        )
    uploads.check_disk(box)


def _cancel_at(request: Request, now: int) -> int | None:
    after = request.cancel_after_s
    return None if after is None else now + int(after * 1e6)


def check_queue(tx: Transaction, box: Box, *, more: int = 1) -> None:
    """Let so many jobs more into the bounded queue. Raises QueueFull."""
    row = tx.row("SELECT count(*) FROM job WHERE state IN ('pending', 'processing')")
    if row and row[0] + more > box.settings.jobs.max_pending:
        raise QueueFull(f"The queue is full ({row[0]} jobs). Try again soon.", retry_after_s=30)


def write_part(
    tx: Transaction, box: Box, job: JobId, decision: Decision, **kin: str | int
) -> JobView:
    """The rows of a job, in the caller's transaction: its files, hold, event and Idempotency-Key.
    The job as it is then: pending. `kin`: the columns that say whose child it is, or what it waits
    for.

    Raises InsufficientCredits.
    """
    request, actor = decision.request, decision.request.actor
    uploads.record_part(tx, box, actor.account, request.arrived)
    hold = ledger.hold(tx, box, actor.account, actor.environment, decision.price, key=job)
    numbered = tx.row(
        "UPDATE account SET jobs = jobs + 1 WHERE id = ? RETURNING jobs", (actor.account,)
    )
    assert numbered is not None
    row = {"id": job, "number": numbered[0], "hold": hold, **_columns(box, decision), **kin}
    marks = ", ".join("?" * len(row))
    written = tx.row(
        f"INSERT INTO job({', '.join(row)}) VALUES ({marks}) RETURNING {COLUMNS}",  # noqa: S608  the names are the keys above
        tuple(row.values()),
    )
    assert written is not None
    events.record_state(tx, box, job)
    idempotency.keep(tx, box, job, request)
    return view(written)


def _columns(box: Box, decision: Decision) -> dict[str, Any]:
    """What a job's row says of its request and of what was decided."""
    request, resolved, now = decision.request, decision.resolved, micros(box.clock.now())
    actor = request.actor
    return {
        "account": actor.account,
        "api_key": actor.key,
        "environment": actor.environment,
        "family": request.family,
        "type": request.type,
        "operation": request.operation,
        "params": json.dumps(uploads.written(request.params)),
        "extra": json.dumps(dict(request.extra)),
        "webhook": request.webhook,
        "model": request.model,
        "models": json.dumps(resolved.models),
        "lane": resolved.lane,
        "priority": request.priority,
        "state": "pending",
        "price": decision.price.micros,
        "quote": json.dumps(decision.quote.record()),
        "request_id": request.request_id,
        "created_at": now,
        "cancel_at": _cancel_at(request, now),
    }
