"""What the tools family answers, as types: `contract/tools.md`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from appliance.core.files import Kind
from appliance.core.jobs import Environment
from appliance.web.shapes import Estimate, Link, RequestId, Url, Usd


class EstimatedBill(TypedDict):
    """What a tool will cost."""

    currency: Literal["USD"]
    estimated_usd: Usd


class Bill(EstimatedBill):
    """What a tool has cost."""

    charged_usd: Usd
    balance_after_usd: Usd


class ToolOutput(TypedDict):
    """A file that a tool made."""

    filename: str
    mime_type: str
    url: Link
    bytes: int
    width: NotRequired[int]
    height: NotRequired[int]
    content_base64: NotRequired[Annotated[str, "The file itself, up to 8 MB"]]


class _Call(TypedDict):
    success: Literal[True]
    tool: str
    requested_tool: NotRequired[Annotated[str, "The alias that was used"]]
    job_id: int
    request_id: RequestId


class ToolAccepted(_Call):
    """The tool takes longer: poll its job."""

    status: str
    status_url: Url
    billing: EstimatedBill


class ToolResult(_Call):
    """A tool's result."""

    billing: Bill
    output: ToolOutput | None
    outputs: NotRequired[list[ToolOutput]]
    warnings: NotRequired[list[str]]


class ToolEstimate(Estimate):
    """The answer to a dry run."""

    success: Literal[True]
    dry_run: Literal[True]


class NoBill(TypedDict):
    """A refusal costs nothing."""

    charged_usd: Literal["0"]


class ToolsError(TypedDict):
    """A refusal."""

    success: Literal[False]
    error: Annotated[str, "A sentence a person can act on, in the caller's language"]
    error_code: str
    request_id: RequestId
    billing: NoBill
    field: NotRequired[str]
    limit: NotRequired[dict[str, Any]]
    details: NotRequired[dict[str, Any]]


class KeyInUse(TypedDict):
    """The key of this request."""

    key_hint: str
    environment: Environment


class AccountTier(TypedDict):
    """The key's account."""

    tier: str
    status: str


class Pong(TypedDict):
    """The key works."""

    success: Literal[True]
    status: Literal["ok"]
    request_id: RequestId
    api_key: KeyInUse
    account: AccountTier


class Money(TypedDict):
    """A balance."""

    currency: Literal["USD"]
    balance_usd: Usd
    available_usd: Usd
    held_usd: Usd
    lifetime_spent_usd: Usd


class Balance(TypedDict):
    """The balance that this key moves."""

    success: Literal[True]
    balance: Money


class ToolPrice(TypedDict):
    """What a tool costs."""

    from_usd: Usd
    dynamic: bool
    unit: str


class ToolEntry(TypedDict):
    """A tool of the catalogue."""

    slug: str
    aliases: list[str]
    title: str
    category: str
    inputs: Annotated[dict[str, Any], "A JSON Schema"]
    output: Kind
    pricing: ToolPrice
    limits: dict[str, int]


class Tools(TypedDict):
    """The catalogue."""

    success: Literal[True]
    tools: list[ToolEntry]
