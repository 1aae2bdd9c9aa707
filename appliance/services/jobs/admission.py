"""Admission: everything that is decided before a job exists, then one transaction.

A refused request leaves nothing behind: no row, no hold, no idempotency record.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import shutil
from dataclasses import dataclass

from appliance.adapters.database import Transaction
from appliance.core import safety
from appliance.core.clock import micros
from appliance.core.errors import (
    ConcurrencyLimited,
    ContentBlocked,
    IdempotencyMismatch,
    NoWorker,
    QueueFull,
    RateLimited,
    StorageFull,
    ToolNotAllowed,
)
from appliance.core.ids import JobId, new_ulid
from appliance.core.jobs import JobView, Request
from appliance.core.money import Money
from appliance.core.operation import Operation
from appliance.services import models
from appliance.services.box import Box
from appliance.services.files import uploads
from appliance.services.health import worker_age_s
from appliance.services.jobs import reading
from appliance.services.money import ledger, pricing, usage

_LARGEST_SEED = 2**32
_HOUR = 3_600_000_000  # microseconds


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
    price: Money


def admit(box: Box, request: Request) -> Admitted:
    """Accept a request as a job with its hold, or raise what refuses it.

    Raises ContentBlocked, InvalidInput, ModelNotInstalled, InsufficientCredits, NoWorker,
    QueueFull, StorageFull, IdempotencyMismatch.
    """
    earlier = _replayed(box, request)
    if earlier:
        return Admitted(reading.job_by_id(box, earlier), replayed=True)
    decision = decide(box, request)
    job = JobId(new_ulid())
    with box.db.transaction() as tx:
        twin = _claim_key(tx, request)
        if twin is None:
            _check_queue(tx, box)
            usage.check_quota(tx, box, request.actor, decision.price)
            _write(tx, box, job, decision)
    if twin is not None:
        return Admitted(reading.job_by_id(box, twin), replayed=True)
    accepted = reading.job_by_id(box, job)  # before the nudge: a 202 says "pending"
    box.lanes.nudge(decision.resolved.lane)
    return Admitted(accepted, replayed=False)


def decide(box: Box, request: Request) -> Decision:
    """The checks that need no transaction: content, models, room, price."""
    operation = box.catalogue[request.operation]
    _check_tool(request)
    request = dataclasses.replace(request, params=_with_seed(request.params))
    _check_content(operation, request)
    resolved = models.resolve(box, operation, request.model)
    _check_room(box)
    _check_pace(box, request)
    quantity = operation.quantity(request.params)
    price = pricing.price_of(box, request.price_entry, request.model, quantity)
    return Decision(request, resolved, price)


def _check_tool(request: Request) -> None:
    allowed = request.actor.tools
    if request.tool and allowed is not None and request.tool not in allowed:
        raise ToolNotAllowed(
            f"This key may not run {request.tool}.", details={"allowed": sorted(allowed)}
        )


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
    if shutil.disk_usage(box.home.data).free < settings.storage.low_water_mb * 1_000_000:
        raise StorageFull("The appliance's disk is nearly full; its admin must make room.")


def _cancel_at(request: Request, now: int) -> int | None:
    after = request.cancel_after_s
    return None if after is None else now + int(after * 1e6)


def _check_queue(tx: Transaction, box: Box) -> None:
    row = tx.row("SELECT count(*) FROM job WHERE state IN ('pending', 'processing')")
    if row and row[0] >= box.settings.jobs.max_pending:
        raise QueueFull(f"The queue is full ({row[0]} jobs). Try again soon.", retry_after_s=30)


def _check_pace(box: Box, request: Request) -> None:
    """The limits that are counted in jobs, so that a failed one gives its place back."""
    rates, actor = box.settings.rates, request.actor
    running = box.db.row(
        "SELECT count(*) FROM job WHERE api_key = ? AND state IN ('pending', 'processing')",
        (actor.key,),
    )
    if rates.concurrent_jobs and running and running[0] >= rates.concurrent_jobs:
        raise ConcurrencyLimited(
            f"This key has {running[0]} unfinished jobs, as many as it may.", retry_after_s=5
        )
    most = getattr(rates, f"tools_an_hour_{actor.plan}", 0)
    if request.family != "tools" or not most:
        return
    since = micros(box.clock.now()) - _HOUR
    done = box.db.row(
        "SELECT count(*), min(created_at) FROM job WHERE api_key = ? AND family = 'tools'"
        " AND created_at > ? AND state NOT IN ('failed', 'cancelled')",
        (actor.key, since),
    )
    if done and done[0] >= most:
        raise RateLimited(
            f"This key has run {most} tools in an hour, as many as its plan allows.",
            details={"limit": {"limit": most, "window_seconds": 3600}},
            retry_after_s=max((done[1] - since) // 1_000_000, 1),
        )


def _replayed(box: Box, request: Request) -> JobId | None:
    if request.idempotency is None:
        return None
    key, fingerprint = request.idempotency
    row = box.db.row(
        "SELECT fingerprint, job FROM idempotency WHERE account = ? AND key = ?",
        (request.actor.account, key),
    )
    return _same(row[0], fingerprint, row[1]) if row else None


def _same(kept: bytes, fingerprint: bytes, job: str) -> JobId:
    if bytes(kept) != fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used before for another request.")
    return JobId(job)


def _claim_key(tx: Transaction, request: Request) -> JobId | None:
    # Asked again inside the transaction: a twin may have committed since.
    if request.idempotency is None:
        return None
    key, fingerprint = request.idempotency
    row = tx.row(
        "SELECT fingerprint, job FROM idempotency WHERE account = ? AND key = ?",
        (request.actor.account, key),
    )
    return _same(row[0], fingerprint, row[1]) if row else None


def _write(tx: Transaction, box: Box, job: JobId, decision: Decision) -> None:
    request, resolved, now = decision.request, decision.resolved, micros(box.clock.now())
    actor = request.actor
    hold = ledger.hold(tx, box, actor.account, actor.environment, decision.price)
    numbered = tx.row(
        "UPDATE account SET jobs = jobs + 1 WHERE id = ? RETURNING jobs", (actor.account,)
    )
    assert numbered is not None
    row = {
        "id": job,
        "number": numbered[0],
        "account": actor.account,
        "api_key": actor.key,
        "environment": actor.environment,
        "family": request.family,
        "type": request.type,
        "operation": request.operation,
        "params": json.dumps(uploads.written(request.params)),
        "extra": json.dumps(dict(request.extra)),
        "model": request.model,
        "models": json.dumps(resolved.models),
        "lane": resolved.lane,
        "priority": request.priority,
        "state": "pending",
        "price": decision.price.micros,
        "hold": hold,
        "request_id": request.request_id,
        "created_at": now,
        "cancel_at": _cancel_at(request, now),
    }
    marks = ", ".join("?" * len(row))
    tx.run(f"INSERT INTO job({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608  the names are the keys above
    if request.idempotency:
        key, fingerprint = request.idempotency
        tx.run(
            "INSERT INTO idempotency(account, key, fingerprint, job, created_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (actor.account, key, fingerprint, job, now),
        )
