"""Reading jobs: one, a page of them, and where a pending one stands. Never writes."""

from __future__ import annotations

import dataclasses
import heapq
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from appliance.adapters.database import Row
from appliance.core.clock import iso, micros
from appliance.core.errors import NotFound
from appliance.core.ids import AccountId, JobId, JobReference, job_reference
from appliance.core.jobs import JobView, Lane, State, Tally
from appliance.core.progress import Step
from appliance.services.box import Box
from appliance.services.jobs import kin
from appliance.services.jobs.rows import COLUMNS, outputs_of, view
from appliance.services.money.usage import month_start

_ASSUMED_S = 10.0  # what work takes that was never done here
_PACKING = 0.05  # of a batch's progress


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
    return whole(box, find_written(box, account, reference))


def find_written(box: Box, account: AccountId, reference: str) -> JobView:
    """The same as `written` gives it."""
    named = job_reference(reference)
    row = named and box.db.row(
        f"SELECT {COLUMNS} FROM job WHERE account = ? AND {_by(named)} = ?",  # noqa: S608  our own names
        (account, named.id or named.number),
    )
    if not row:
        raise NotFound(f"There is no job {reference[:60]!r}.")
    return _view(row)


@lru_cache(maxsize=256)  # of what the row says, so it is never out of date
def _view(row: Row) -> JobView:
    return view(row)


def _by(named: JobReference) -> str:
    return "id" if named.id else "number"


def job_by_id(box: Box, job: JobId) -> JobView:
    """A job whose id came from the box itself."""
    return whole(box, written(box, job))


def written(box: Box, job: JobId) -> JobView:
    """The job as its row says, without its outputs, its progress or its place in the queue."""
    row = box.db.row(f"SELECT {COLUMNS} FROM job WHERE id = ?", (job,))  # noqa: S608  our own names
    if row is None:
        raise NotFound("There is no such job.")
    return view(row)


def several(box: Box, jobs: Collection[JobId]) -> dict[JobId, JobView]:
    """Jobs whose ids came from the box itself, by id."""
    rows = box.db.rows(
        f"SELECT {COLUMNS} FROM job WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608  our own names
        (json.dumps([*jobs]),),
    )
    queues = _Queues(box)
    return {job.id: _whole(box, job, queues) for job in map(view, rows)}


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
    queues = _Queues(box)
    jobs = tuple(_whole(box, view(row), queues) for row in rows[:limit])
    return Page(jobs, jobs[-1].id if len(rows) > limit else None)


def whole(box: Box, job: JobView) -> JobView:
    """A written job with its outputs, its progress or its place in the queue."""
    return _whole(box, job, _Queues(box))


def _whole(box: Box, job: JobView, queues: _Queues) -> JobView:
    if job.items:
        return _gathering(_own(box, job, queues), kin.tally(box.db, job.id, job.items))
    return _own(box, job, queues)


def _gathering(job: JobView, tally: Tally) -> JobView:
    """A batch in sight: it runs from its first picture on, and packing is the last of it."""
    job = dataclasses.replace(job, tally=tally, started_at=tally.begun or job.started_at)
    if job.state.final or (job.state is State.PENDING and not tally.begun):
        return job
    packed = job.live.fraction if job.live else 0.0
    done = (1 - _PACKING) * tally.ended / job.items + _PACKING * packed
    step = Step(done, job.live.phase if job.live else "running", tally.ended, job.items)
    report = tally.ended + job.report
    return dataclasses.replace(job, state=State.PROCESSING, live=step, report=report, position=None)


def _own(box: Box, job: JobView, queues: _Queues) -> JobView:
    if job.state is State.COMPLETED:
        return dataclasses.replace(job, outputs=outputs_of(box.db, job.id))
    if job.state is State.PROCESSING:
        seen = box.live.seen(job.id)
        current = seen.step if seen and seen.attempt == job.attempt else None
        report = seen.seq if seen and current else 0
        return dataclasses.replace(
            job, live=current, report=report, eta_s=_left_s(box, job, current)
        )
    if job.state is State.PENDING:
        ahead, before_s = queues.of(job.lane).standing(job)
        eta = _seconds(box, job) + before_s
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
    row = box.db.row(
        "SELECT count(*) FROM job WHERE state = 'pending' AND waits = 0 AND lane = ?", (lane,)
    )
    return int(row[0]) if row else 0


class _Queues:
    """The lanes' queues as they are now, each looked at once."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._known: dict[Lane, _Queue] = {}

    def of(self, lane: Lane) -> _Queue:
        if lane not in self._known:
            self._known[lane] = _queue(self._box, lane)
        return self._known[lane]


@dataclass(frozen=True)
class _Queue:
    """A lane's pending jobs in the order they will be claimed. `usual_s`: what one takes."""

    order: Mapping[str, int]
    running: int
    usual_s: float

    def standing(self, job: JobView) -> tuple[int, float]:
        """How many jobs come before this one, and how long they take."""
        # A paused job stands behind all that would go before it came back.
        ahead = self.order.get(job.id, len(self.order))
        return ahead, self.usual_s * (ahead + self.running)


def _queue(box: Box, lane: Lane) -> _Queue:
    rows = box.db.rows(
        "SELECT j.account, j.id, j.priority, a.served_at, j.parent IS NOT NULL FROM job j"
        " JOIN account a ON a.id = j.account"
        " WHERE j.state = 'pending' AND j.paused = 0 AND j.waits = 0 AND j.lane = ?"
        " ORDER BY j.priority, j.parent IS NULL, j.id DESC",
        (lane,),
    )
    usual = box.db.row(
        "SELECT avg(coalesce(p.seconds, ?)), count(*) FILTER (WHERE j.state = 'processing')"
        " FROM job j LEFT JOIN pace p ON p.operation = j.operation"
        " WHERE j.state IN ('pending', 'processing') AND j.waits = 0 AND j.lane = ?",
        (_ASSUMED_S, lane),
    )
    assert usual is not None
    order = {job: n for n, job in enumerate(_claims(rows))}
    return _Queue(order, usual[1], usual[0] or _ASSUMED_S)


def _claims(rows: list[Row]) -> Iterator[str]:
    """The jobs as `claim_next` will take them: (account, id, priority, served_at, whether it is of
    a batch), last first.
    """
    queues: dict[str, list[tuple[int, tuple[int, str]]]] = {}
    served: dict[str, int] = {}
    for account, job, priority, served_at, many in rows:
        queues.setdefault(account, []).append((-priority, (many, job)))
        served[account] = served_at
    turns = [(q[-1][0], served[account], q[-1][1], account) for account, q in queues.items()]
    heapq.heapify(turns)
    now = max(served.values(), default=0)
    while turns:
        _priority, _served_at, (_many, claimed), account = turns[0]
        yield claimed
        queue = queues[account]
        queue.pop()
        now += 1
        if queue:
            heapq.heapreplace(turns, (queue[-1][0], now, queue[-1][1], account))
        else:
            heapq.heappop(turns)


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
