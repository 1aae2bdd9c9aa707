"""Jobs as values: what was asked, what state it is in, what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from appliance.core.files import Facts, Kind, Upload
from appliance.core.ids import AccountId, AppId, JobId, KeyId
from appliance.core.limits import Limits, Quota
from appliance.core.money import Money
from appliance.core.progress import Step
from appliance.core.scopes import Scope

IDEMPOTENCY_KEPT = timedelta(hours=24)  # how long an Idempotency-Key stands for its job


class State(StrEnum):
    """Where a job stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing will change any more."""
        return self in (State.COMPLETED, State.FAILED, State.CANCELLED)


class Lane(StrEnum):
    """Which thread runs a job: heavy for models whose runtime is torch, light for all else."""

    HEAVY = "heavy"
    LIGHT = "light"


class Environment(StrEnum):
    """Which balance a key moves."""

    LIVE = "live"
    TEST = "test"


@dataclass(frozen=True)
class AppTerms:
    """The app a key belongs to: what all its keys may use together."""

    id: AppId
    limits: Limits
    quota: Quota


@dataclass(frozen=True)
class Actor:
    """Who asks: an account through one of its keys (or the box's own command line: no key).

    `tools`: the slugs its key may run, None for all. `quota` and `limits`: what its key may use, in
    a month and at once. `lineage`: the first key of its rotations, under which all of them count.
    """

    account: AccountId
    environment: Environment
    scopes: frozenset[Scope]
    key: KeyId | None = None
    key_hint: str = ""
    plan: str = ""
    tools: frozenset[str] | None = None
    quota: Quota = dataclasses.field(default_factory=dict)
    limits: Limits = dataclasses.field(default_factory=dict)
    lineage: KeyId | None = None
    app: AppTerms | None = None


@dataclass(frozen=True)
class Request:
    """A submission after its form was checked, before anything was decided.

    `params`: the operation's typed params. `extra`: fields of the family's own that its replies
    repeat (JSON values). `price_entry`: the row of the price book. `idempotency`: the caller's
    Idempotency-Key with the fingerprint of route, fields and file digests. `tool`: the slug, in the
    tools family. `arrived`: the files that came with it, which get their rows with the job.
    `webhook`: the url to be told when it has ended. `job`: its id, where that is known before.
    """

    actor: Actor
    family: str
    type: str
    operation: str
    params: Any
    price_entry: str
    request_id: str
    model: str | None = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    priority: int = 0
    cancel_after_s: float | None = None
    tool: str | None = None
    idempotency: tuple[str, bytes] | None = None
    arrived: tuple[Upload, ...] = ()
    webhook: str | None = None
    job: JobId | None = None


@dataclass(frozen=True)
class JobOutput:
    """One file a job made, as rows remember it. `path` is relative to the outputs folder."""

    index: int
    path: str
    name: str
    mime: str
    kind: Kind
    bytes: int
    sha256: str
    facts: Facts
    retained_until: datetime


@dataclass(frozen=True)
class JobError:
    """Why a job failed, for its owner."""

    code: str
    message: str
    retryable: bool
    field: str | None = None
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Tally:
    """How the files of a batch stand: how many of each. `begun`: when its first job did."""

    pending: int = 0
    processing: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    refused: int = 0
    begun: datetime | None = None

    @property
    def ended(self) -> int:
        """How many nothing will be done to any more."""
        return self.completed + self.failed + self.cancelled + self.refused


@dataclass(frozen=True)
class JobView:
    """A job as a caller may see it; the same truth behind every family.

    `live`: the worker's last report of this attempt, `report` its number. `quote`: the rate and the
    quantity that made the price, {usd, per, quantity}; None for jobs older than quotes. `parent`:
    the batch it belongs to. `items`: how many files a batch was made of, `tally` how they stand.
    """

    id: JobId
    number: int
    account: AccountId
    key: KeyId | None
    environment: Environment
    family: str
    type: str
    operation: str
    params: Mapping[str, Any]
    extra: Mapping[str, Any]
    model: str | None
    models: Mapping[str, str]
    lane: Lane
    state: State
    attempt: int
    paused: bool
    cancel_requested: bool
    price: Money
    error: JobError | None
    facts: Mapping[str, Any]
    warnings: tuple[str, ...]
    request_id: str
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    quote: Mapping[str, Any] | None = None
    parent: JobId | None = None
    items: int = 0
    tally: Tally | None = None
    outputs: tuple[JobOutput, ...] = ()
    live: Step | None = None
    report: int = 0
    position: int | None = None
    eta_s: float | None = None

    @property
    def progress(self) -> float:
        """0…1; 1 only when completed."""
        if self.state is State.COMPLETED:
            return 1.0
        return round(min(self.live.fraction, 0.999), 3) if self.live else 0.0

    @property
    def resolved_model(self) -> str | None:
        """The model that runs it, if it needs any."""
        return next(iter(self.models.values()), None)


@dataclass(frozen=True)
class Claimed:
    """A job in a worker's hands. `attempt` fences: only it may settle the job."""

    id: JobId
    attempt: int
    account: AccountId
    operation: str
    params: Mapping[str, Any]
    models: Mapping[str, str]
    lane: Lane
