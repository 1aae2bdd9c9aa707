"""What the product family answers, as types: `contract/product.md`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from appliance.core.jobs import State
from appliance.web.shapes import Estimate, Fraction, JobName, Link, RequestId, Url


class ProductOutput(TypedDict):
    """The picture that was made."""

    url: Link
    mimeType: str
    width: int | None
    height: int | None
    bytes: int


class BatchCounts(TypedDict):
    """How the files of a batch stand."""

    files: Annotated[int, "All that were sent"]
    pending: int
    processing: int
    completed: int
    failed: int
    cancelled: int
    refused: Annotated[int, "Those that were not taken: no job was made of them"]


class ProductAccepted(TypedDict):
    """A job was accepted: poll it."""

    ok: Literal[True]
    jobId: JobName
    status: State
    statusUrl: Url
    batch: NotRequired[BatchCounts]
    batchUrl: NotRequired[Annotated[Url, "Where each of a batch's files is told"]]


# A field may be called `pass` only so.
RuleFinding = TypedDict(
    "RuleFinding",
    {
        "rule": str,
        "pass": bool,
        "severity": Annotated[Literal["error", "warn"], "Only an error makes the whole fail"],
        "certain": Annotated[bool, "False where it is guessed from how the pixels lie"],
        "measured": Annotated[float | str | bool | None, "Null where it could not be measured"],
        "required": str,
        "source": Annotated[str, "Who asks for it"],
        "fix": Annotated[str | None, "What to do about it; null where it is kept"],
    },
)
MarketplaceVerdict = TypedDict(
    "MarketplaceVerdict", {"pass": bool, "title": str, "rules": list[RuleFinding]}
)


class Autofix(TypedDict):
    """What became of the corrected picture."""

    made: Annotated[bool, "Whether there is one, in `output`"]
    marketplaces: Annotated[dict[str, bool], "Which of those asked for would take it"]
    enlarged: NotRequired[Annotated[float, "How many times the product was enlarged, 1 if not"]]
    why: Annotated[list[str], "What stands in the way of those that would not"]


class ProductResult(TypedDict):
    """The result of a call."""

    ok: bool
    jobId: JobName
    status: State
    output: ProductOutput | None
    outputs: NotRequired[Annotated[list[ProductOutput], "All of them, where there are several"]]
    presetLabel: NotRequired[str]
    marketplaces: NotRequired[dict[str, MarketplaceVerdict]]
    autofix: NotRequired[Autofix]
    batch: NotRequired[BatchCounts]
    metrics: dict[str, Any]
    warnings: list[str]


class BatchError(TypedDict):
    """Why a file of a batch came to nothing."""

    code: str
    message: Annotated[str, "A sentence a person can act on"]


class BatchItem(TypedDict):
    """A file of a batch, in the order it was sent."""

    name: Annotated[str, "As its sender calls it"]
    status: Annotated[State | Literal["refused"], "Of its job; refused: none was made"]
    jobId: JobName | None
    output: ProductOutput | None
    error: BatchError | None
    credits: Annotated[float, "What it was charged"]


class BatchReply(TypedDict):
    """A batch with some of its files."""

    ok: bool
    jobId: JobName
    status: State
    progress: Fraction
    output: Annotated[ProductOutput | None, "The archive, once all has ended"]
    presetLabel: NotRequired[str]
    batch: BatchCounts
    items: list[BatchItem]
    nextCursor: Annotated[str | None, "Ask for it as `cursor`"]


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
