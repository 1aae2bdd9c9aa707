"""What the wallet family answers, as types: `contract/wallet.md`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from appliance.core.jobs import State
from appliance.web.shapes import Estimate, JobName, Link, RequestId, Url, Usd


class WalletAccepted(TypedDict):
    """The job goes on: poll it."""

    jobId: JobName
    status: State
    pollUrl: Url


class WalletResult(TypedDict):
    """The result of a call. The link's name is that of what was made."""

    imageUrl: NotRequired[Link | None]
    videoUrl: NotRequired[Link | None]
    model: Annotated[str | None, "The name that was asked for"]
    resolvedModel: Annotated[str | None, "The model that ran"]
    enhancedPrompt: Annotated[str | None, "What was given to the model"]
    enhancer: NotRequired[str]
    seed: int | None
    costUsd: Usd
    jobId: JobName
    status: State
    warnings: NotRequired[list[str]]


class WalletEstimate(Estimate):
    """The answer to a dry run."""

    dryRun: Literal[True]


class WalletError(TypedDict):
    """A refusal."""

    error: Annotated[str, "A sentence a person can act on"]
    code: str
    request_id: RequestId
    field: NotRequired[str]
    details: NotRequired[dict[str, Any]]


class Wallet(TypedDict):
    """The prepaid balance."""

    balanceUsd: Usd
    heldUsd: Usd
    spentThisMonthUsd: Usd
    quota: dict[str, Any]
