"""What the studio family answers, as types: `contract/studio.md`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from appliance.web.shapes import Cursor, Estimate, Fraction, Link, Moment, RequestId, Uuid

StudioStatus = Literal["queued", "processing", "completed", "failed"]


class StudioAcceptedData(TypedDict):
    """The job's id."""

    jobId: Uuid
    status: StudioStatus
    message: str


class StudioAccepted(TypedDict):
    """A job was accepted: poll it."""

    data: StudioAcceptedData


class StudioMetadata(TypedDict):
    """How it was made."""

    model: str | None
    resolvedModel: str | None
    width: NotRequired[int]
    height: NotRequired[int]
    photoCount: NotRequired[int]
    background: NotRequired[str]
    lighting: NotRequired[str]
    durationMs: NotRequired[int]


class StudioJob(TypedDict):
    """A job; a cancelled one shows as failed."""

    jobId: Uuid
    type: str
    status: StudioStatus
    progress: Fraction
    metadata: StudioMetadata
    createdAt: Moment
    completedAt: NotRequired[Moment]
    outputUrl: NotRequired[Link]
    outputUrls: NotRequired[list[Link]]
    outputType: NotRequired[str]
    error: NotRequired[str]
    code: NotRequired[str]
    creditsRefunded: NotRequired[float]
    failedAt: NotRequired[Moment]


class StudioJobReply(TypedDict):
    """The job as a poll shows it."""

    data: StudioJob


class StudioJobs(TypedDict):
    """The jobs, or the one named by `id`."""

    data: StudioJob | list[StudioJob]
    meta: NotRequired[Cursor]


class StudioEstimateData(Estimate):
    """What it would cost and take."""

    dryRun: Literal[True]


class StudioEstimate(TypedDict):
    """The answer to a dry run."""

    data: StudioEstimateData


class StudioError(TypedDict):
    """A refusal."""

    error: Annotated[str, "A sentence a person can act on"]
    code: str
    request_id: RequestId
    field: NotRequired[str]
    details: NotRequired[dict[str, Any]]


class BillingCycle(TypedDict):
    """The month that counts."""

    start: str
    end: str


class StudioUsage(TypedDict):
    """Credits left and what was made this month."""

    credits: float
    used: Annotated[dict[str, int], "How many, by what"]
    plan: str
    billingCycle: BillingCycle
