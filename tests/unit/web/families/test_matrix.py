"""The contract's one matrix of errors, for every family."""

from __future__ import annotations

import json

import pytest

from appliance.core import errors
from appliance.core.errors import all_errors
from appliance.web.families.family import Refused
from appliance.web.families.jobs.envelope import JobsEnvelope
from appliance.web.families.product.envelope import ProductEnvelope
from appliance.web.families.studio.envelope import StudioEnvelope
from appliance.web.families.tools.envelope import ToolsEnvelope
from appliance.web.families.wallet.envelope import WalletEnvelope

ENVELOPES = {
    "jobs": JobsEnvelope(),
    "product": ProductEnvelope(),
    "wallet": WalletEnvelope(),
    "tools": ToolsEnvelope("en"),
    "studio": StudioEnvelope(),
}
# status, then the codes of jobs and product, of wallet and tools, of studio.
MATRIX = {
    "InvalidInput": (422, "VALIDATION_ERROR", "invalid_input", "BAD_REQUEST"),
    "MissingKey": (401, "UNAUTHORIZED", "missing_api_key", "UNAUTHORIZED"),
    "InvalidKey": (401, "UNAUTHORIZED", "invalid_api_key", "UNAUTHORIZED"),
    "AccountSuspended": (403, "FORBIDDEN", "account_suspended", "FORBIDDEN"),
    "InsufficientScope": (403, "INSUFFICIENT_SCOPE", "scope_not_allowed", "FORBIDDEN"),
    "ToolNotAllowed": (403, "FORBIDDEN", "tool_not_allowed", "FORBIDDEN"),
    "Forbidden": (403, "FORBIDDEN", "scope_not_allowed", "FORBIDDEN"),
    "InsufficientCredits": (
        *(402, "INSUFFICIENT_CREDITS", "insufficient_api_balance", "PAYMENT_REQUIRED"),
    ),
    "NotFound": (404, "NOT_FOUND", "not_found", "NOT_FOUND"),
    "MethodNotAllowed": (405, "METHOD_NOT_ALLOWED", "method_not_allowed", "METHOD_NOT_ALLOWED"),
    "Conflict": (409, "CONFLICT", "conflict", "CONFLICT"),
    "IdempotencyMismatch": (
        *(422, "IDEMPOTENCY_MISMATCH", "idempotency_mismatch", "IDEMPOTENCY_MISMATCH"),
    ),
    "TooLarge": (413, "PAYLOAD_TOO_LARGE", "limit_exceeded", "PAYLOAD_TOO_LARGE"),
    "UnsupportedMedia": (
        *(415, "UNSUPPORTED_MEDIA_TYPE", "unsupported_media", "UNSUPPORTED_MEDIA_TYPE"),
    ),
    "RateLimited": (429, "RATE_LIMITED", "rate_limit_exceeded", "RATE_LIMITED"),
    "QuotaExceeded": (429, "QUOTA_EXCEEDED", "monthly_quota_exceeded", "RATE_LIMITED"),
    "ConcurrencyLimited": (429, "CONCURRENCY_LIMITED", "concurrency_limited", "RATE_LIMITED"),
    "ContentBlocked": (400, "PROMPT_BLOCKED", "content_blocked", "CONTENT_BLOCKED"),
    "ConsentRequired": (400, "CONSENT_REQUIRED", "consent_required", "CONSENT_REQUIRED"),
    "CharacterLocked": (403, "CHARACTER_LOCKED", "character_locked", "FORBIDDEN"),
    "NoWorker": (503, "GPU_UNAVAILABLE", "busy", "SERVICE_UNAVAILABLE"),
    "QueueFull": (503, "GPU_UNAVAILABLE", "busy", "SERVICE_UNAVAILABLE"),
    "StorageFull": (503, "STORAGE_FULL", "storage_full", "SERVICE_UNAVAILABLE"),
    "ModelNotInstalled": (503, "MODEL_NOT_INSTALLED", "model_not_installed", "MODEL_NOT_INSTALLED"),
    "ProcessingFailed": (500, "INTERNAL_ERROR", "processing_failed", "INTERNAL_ERROR"),
    "InternalError": (500, "INTERNAL_ERROR", "internal_error", "INTERNAL_ERROR"),
}
COLUMN = {"jobs": 1, "product": 1, "wallet": 2, "tools": 2, "studio": 3}
OURS = [kind for kind in all_errors() if kind.__module__ == errors.__name__]


def refusal(family, kind, **facts):
    return ENVELOPES[family].refuse(kind("A sentence.", **facts), Refused("req_1"))


def code_in(body):
    said = body["error"]
    return said["code"] if isinstance(said, dict) else body.get("error_code") or body["code"]


@pytest.mark.parametrize("family", ENVELOPES)
@pytest.mark.parametrize("name", MATRIX)
def test_a_refusal_has_the_code_and_status_of_the_matrix(family, name):
    status, *codes = MATRIX[name]
    reply = refusal(family, getattr(errors, name))
    softened = name == "InvalidInput" and family in ("wallet", "studio")

    assert code_in(reply.body) == codes[COLUMN[family] - 1]
    assert reply.status == (400 if softened else status)


@pytest.mark.parametrize("family", ENVELOPES)
@pytest.mark.parametrize("kind", OURS)
def test_every_error_can_be_told_in_every_family(family, kind):
    reply = refusal(family, kind, field="image", details={"limit_pixels": 3})

    assert "req_1" in json.dumps(reply.body)
    assert "image" in json.dumps(reply.body)
    assert "limit_pixels" in json.dumps(reply.body)
    assert code_in(reply.body)


@pytest.mark.parametrize("family", ENVELOPES)
def test_what_there_is_nothing_to_say_of_is_left_out(family):
    text = json.dumps(refusal(family, errors.NotFound).body)

    assert '"field"' not in text
    assert '"details"' not in text


def test_an_unknown_tool_is_told_as_such_in_its_own_family():
    assert code_in(refusal("tools", errors.UnknownTool).body) == "unknown_tool"
    assert code_in(refusal("wallet", errors.UnknownTool).body) == "not_found"
    assert code_in(refusal("jobs", errors.UnknownTool).body) == "NOT_FOUND"
