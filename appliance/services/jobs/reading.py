"""Reading jobs: one, a page of them, and where a pending one stands. Never writes."""

from __future__ import annotations

import dataclasses
import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.core.clock import iso, micros
from appliance.core.errors import NotFound
from appliance.core.ids import AccountId, JobId, JobReference, job_reference
from appliance.core.jobs import JobView, Lane, State
from appliance.services.box import Box
from appliance.services.jobs.rows import COLUMNS, outputs_of, view
from appliance.services.money.usage import month_start

_ASSUMED_S = 10.0  # what work takes that was never done here


@dataclass(frozen=True)
class Page:
    """A stretch of an account's jobs, newest first; `cursor` continues it, None at the end."""

    jobs: tuple[JobView, ...]
    cursor: str | None


@dataclass(frozen=True)
class Filter:
    """Which jobs to list; None does not narrow."""

    state: State | None = None
    type: str | None = None
    family: str | None = None
    since: datetime | None = None


def find(box: Box, account: AccountId, reference: str) -> JobView:
    """The account's job, by any of its three names. Raises NotFound, also for others' jobs."""
    named = job_reference(reference)
    row = named and box.db.row(
        f"SELECT {COLUMNS} FROM job WHERE account = ? AND {_by(named)} = ?",  # noqa: S608  our own names
        (account, named.id or named.number),
    )
    if not row:
        raise NotFound(f"There is no job {reference[:60]!r}.")
    return _with_live(box, view(row))


def _by(named: JobReference) -> str:
    return "id" if named.id else "number"


def job_by_id(box: Box, job: JobId) -> JobView:
    """A job whose id came from the box itself."""
    row = box.db.row(f"SELECT {COLUMNS} FROM job WHERE id = ?", (job,))  # noqa: S608  our own names
    if row is None:
        raise NotFound("There is no such job.")
    return _with_live(box, view(row))


def ended(box: Box, jobs: list[JobId]) -> set[JobId]:
    """Which of these jobs have ended."""
    marks = ", ".join("?" * len(jobs))
    rows = box.db.rows(
        f"SELECT id FROM job WHERE id IN ({marks}) AND state NOT IN ('pending', 'processing')",  # noqa: S608  question marks
        jobs,
    )
    return {JobId(row[0]) for row in rows}


def page(
    box: Box, account: AccountId | None, wanted: Filter, *, limit: int, cursor: str | None = None
) -> Page:
    """A page of jobs, newest first, of one account or (for the operator) of all."""
    conditions, values = ["1 = 1"], []
    for condition, value in (
        ("account = ?", account),
        ("id < ?", cursor),
        ("state = ?", wanted.state),
        ("type = ?", wanted.type),
        ("family = ?", wanted.family),
        ("created_at >= ?", micros(wanted.since) if wanted.since else None),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    rows = box.db.rows(
        f"SELECT {COLUMNS} FROM job WHERE {' AND '.join(conditions)}"  # noqa: S608  conditions are ours
        f" ORDER BY id DESC LIMIT {limit + 1}",
        values,
    )
    jobs = tuple(_with_live(box, view(row)) for row in rows[:limit])
    return Page(jobs, jobs[-1].id if len(rows) > limit else None)


def _with_live(box: Box, job: JobView) -> JobView:
    if job.state is State.COMPLETED:
        return dataclasses.replace(job, outputs=outputs_of(box.db, job.id))
    if job.state is State.PROCESSING:
        seen = box.live.seen(job.id)
        current = seen.step if seen and seen.attempt == job.attempt else None
        return dataclasses.replace(job, live=current, eta_s=_left_s(box, job, current))
    if job.state is State.PENDING:
        ahead = _ahead(box, job)
        eta = _seconds(box, job) + sum(_ahead_seconds(box, job, ahead))
        return dataclasses.replace(job, position=ahead, eta_s=round(eta, 1))
    return job


def _left_s(box: Box, job: JobView, step: object) -> float:
    done = getattr(step, "fraction", 0.0)
    return round(_seconds(box, job) * (1.0 - done), 1)


def _seconds(box: Box, job: JobView) -> float:
    usual = usual_seconds(box, job.operation, job.resolved_model)
    return _ASSUMED_S if usual is None else usual


def usual_seconds(box: Box, operation: str, model: str | None) -> float | None:
    """What an operation takes on this box with a model, None if it was never done here."""
    row = box.db.row(
        "SELECT seconds FROM pace WHERE operation = ? AND model = ?", (operation, model or "")
    )
    return float(row[0]) if row else None


def waiting(box: Box, lane: Lane) -> int:
    """How many jobs wait in a lane."""
    row = box.db.row("SELECT count(*) FROM job WHERE state = 'pending' AND lane = ?", (lane,))
    return int(row[0]) if row else 0


def _ahead(box: Box, job: JobView) -> int:
    """How many jobs of its lane will be claimed before this one: the claims played through."""
    rows = box.db.rows(
        "SELECT j.account, j.id, j.priority, a.served_at FROM job j"
        " JOIN account a ON a.id = j.account"
        " WHERE j.state = 'pending' AND (j.paused = 0 OR j.id = ?) AND j.lane = ?"
        " ORDER BY j.priority DESC, j.id",
        (job.id, job.lane),
    )
    queues: dict[str, list[tuple[int, JobId]]] = {}
    served: dict[str, int] = {}
    for account, each, priority, served_at in reversed(rows):
        queues.setdefault(account, []).append((-priority, each))
        served[account] = served_at
    turns = [(q[-1][0], served[account], q[-1][1], account) for account, q in queues.items()]
    heapq.heapify(turns)
    latest = max(served.values(), default=0)
    for ahead in range(len(rows)):
        _priority, _served_at, claimed, account = turns[0]
        if claimed == job.id:
            return ahead
        queue = queues[account]
        queue.pop()
        if queue:
            following = (queue[-1][0], latest + 1 + ahead, queue[-1][1], account)
            heapq.heapreplace(turns, following)
        else:
            heapq.heappop(turns)
    return len(rows)


def _ahead_seconds(box: Box, job: JobView, ahead: int) -> list[float]:
    row = box.db.row(
        "SELECT avg(coalesce(p.seconds, ?)) FROM job j LEFT JOIN pace p"
        " ON p.operation = j.operation WHERE j.state IN ('pending', 'processing') AND j.lane = ?",
        (_ASSUMED_S, job.lane),
    )
    usual = float(row[0]) if row and row[0] else _ASSUMED_S
    running = box.db.row(
        "SELECT count(*) FROM job WHERE state = 'processing' AND lane = ?", (job.lane,)
    )
    return [usual * (ahead + (running[0] if running else 0))]


@dataclass(frozen=True)
class Month:
    """A calendar month, UTC."""

    start: datetime
    start_iso: str
    end_iso: str


def month(box: Box) -> Month:
    """The month we are in."""
    start = month_start(box.clock.now())
    end = (start + timedelta(days=32)).replace(day=1)
    return Month(start, iso(start), iso(end))


def made_since(box: Box, account: AccountId, start: datetime) -> dict[str, int]:
    """How many outputs of each kind the account's jobs made since `start`, as "images": 12."""
    rows = box.db.rows(
        "SELECT o.kind, count(*) FROM output o JOIN job j ON j.id = o.job"
        " WHERE j.account = ? AND j.completed_at >= ? GROUP BY o.kind",
        (account, micros(start)),
    )
    return {f"{kind}s": count for kind, count in rows}
