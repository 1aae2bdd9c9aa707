"""What the product family answers, as types: `contract/product.md`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from appliance.core.jobs import State
from appliance.web.shapes import Estimate, JobName, Link, RequestId, Url


class ProductOutput(TypedDict):
    """The picture that was made."""

    url: Link
    mimeType: str
    width: int | None
    height: int | None
    bytes: int


class ProductAccepted(TypedDict):
    """A job was accepted: poll it."""

    ok: Literal[True]
    jobId: JobName
    status: State
    statusUrl: Url


class ProductResult(TypedDict):
    """The result of a call."""

    ok: bool
    jobId: JobName
    status: State
    output: ProductOutput | None
    presetLabel: NotRequired[str]
    metrics: dict[str, Any]
    warnings: list[str]


class ProductEstimate(Estimate):
    """The answer to a dry run."""

    ok: Literal[True]
    dryRun: Literal[True]


class ProductSaid(TypedDict):
    """What was wrong."""

    code: str
    message: Annotated[str, "A sentence a person can act on"]
    field: NotRequired[str]
    details: NotRequired[dict[str, Any]]


class ProductError(TypedDict):
    """A refusal."""

    ok: Literal[False]
    error: ProductSaid
    requestId: RequestId
