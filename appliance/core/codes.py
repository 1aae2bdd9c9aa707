"""The error codes as they are written in capitals: by the families that do, and in reports."""

from __future__ import annotations

_CAPITALS = {
    "invalid_input": "VALIDATION_ERROR",
    "missing_api_key": "UNAUTHORIZED",
    "invalid_api_key": "UNAUTHORIZED",
    "account_suspended": "FORBIDDEN",
    "tool_not_allowed": "FORBIDDEN",
    "scope_not_allowed": "INSUFFICIENT_SCOPE",
    "insufficient_api_balance": "INSUFFICIENT_CREDITS",
    "unknown_tool": "NOT_FOUND",
    "limit_exceeded": "PAYLOAD_TOO_LARGE",
    "unsupported_media": "UNSUPPORTED_MEDIA_TYPE",
    "rate_limit_exceeded": "RATE_LIMITED",
    "monthly_quota_exceeded": "QUOTA_EXCEEDED",
    "content_blocked": "PROMPT_BLOCKED",
    "no_worker": "GPU_UNAVAILABLE",
    "queue_full": "GPU_UNAVAILABLE",
    "busy": "GPU_UNAVAILABLE",
    "processing_failed": "INTERNAL_ERROR",
}


def capital(code: str) -> str:
    """The code in capitals, as the jobs, product and native routes write it."""
    return _CAPITALS.get(code, code.upper())
