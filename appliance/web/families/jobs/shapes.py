"""What the jobs family answers, as types: `contract/jobs.md`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from appliance.core.files import Kind
from appliance.core.jobs import State
from appliance.core.money import Per
from appliance.web.shapes import Estimate, Fraction, JobName, Link, Moment, RequestId, Sha256, Usd


class Output(TypedDict):
    """A file that a job made."""

    url: Link
    media_type: Kind
    mime_type: str
    filename: str
    bytes: int
    sha256: Sha256
    expires_at: Annotated[Moment, "When the link ends; a later poll gives a fresh one"]
    retained_until: Annotated[Moment, "When the file is deleted"]
    width: NotRequired[int]
    height: NotRequired[int]
    duration_s: NotRequired[float]


class Failure(TypedDict):
    """Why a job failed."""

    code: str
    message: str
    retryable: bool


class Quote(TypedDict):
    """What made the price, as agreed when the job was accepted: `usd` for each `per`."""

    usd: Usd
    per: Per
    quantity: float


class Job(TypedDict):
    """A job."""

    id: JobName
    number: Annotated[int, "Its number within the account"]
    type: str
    operation: str
    status: State
    progress: Fraction
    model: Annotated[str | None, "The name that was asked for"]
    resolved_model: Annotated[str | None, "The model that ran"]
    seed: int | None
    credits: float
    quote: Annotated[Quote | None, "Null for jobs older than quotes"]
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    outputs: list[Output]
    warnings: list[str]
    error: Failure | None
    facts: NotRequired[Annotated[dict[str, Any], "What was measured or drawn on the way"]]
    native_size: NotRequired[Annotated[Any, "The size it was made at before it was enlarged"]]
    parent: NotRequired[Annotated[JobName, "The batch it belongs to"]]
    queue_position: NotRequired[int | None]
    paused: NotRequired[Any]
    eta_s: NotRequired[float | None]
    phase: NotRequired[str | None]
    step: NotRequired[int]
    steps: NotRequired[int]
    cancel_requested: NotRequired[bool]


class JobMeta(TypedDict):
    """Beside a job."""

    poll_url: str
    credits_remaining: float


class AcceptedData(TypedDict):
    """The job's name."""

    id: JobName
    status: State


class Accepted(TypedDict):
    """A job was accepted: poll it."""

    data: AcceptedData
    meta: JobMeta


class JobReply(TypedDict):
    """A job and where to poll it."""

    data: Job
    meta: JobMeta


class DryRunMeta(TypedDict):
    """Beside an estimate."""

    dry_run: Literal[True]


class DryRun(TypedDict):
    """The answer to a dry run."""

    data: Estimate
    meta: DryRunMeta


class Said(TypedDict):
    """What was wrong."""

    code: str
    message: Annotated[str, "A sentence a person can act on"]
    field: NotRequired[str]
    details: NotRequired[dict[str, Any]]
    request_id: RequestId


class JobsError(TypedDict):
    """A refusal."""

    error: Said
