"""Limits and quotas, in the one form in which plans, apps and keys write them.

Limits are `{"generation": "20 per 1 minute", "concurrent_jobs": 2, "tools_an_hour": 60}`; a quota,
for a calendar month (UTC), is `{"calls": 1000, "usd": "10"}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from appliance.core.errors import InvalidInput
from appliance.core.money import usd

CLASSES = (
    "generation",
    "product",
    "management",
    "webhooks",
    "studio_generate",
    "studio_read",
    "studio_upload",
    "studio_delete",
    "studio_write",
    "studio_calls",
)
COUNTS = ("concurrent_jobs", "tools_an_hour")

Limits = Mapping[str, str | int]  # a class → a rate, a count → a number, 0 for any
Quota = Mapping[str, str | int]

_RATE = re.compile(r"[1-9]\d{0,8} per (?P<times>[1-9]\d{0,3} )?(?P<unit>second|minute|hour)s?")
_UNIT_S = {"second": 1, "minute": 60, "hour": 3600}
_LONGEST_S = 3600
_LARGEST = 10**9


def check_rate(name: str, text: object) -> str:
    """The rate of a class, such as "20 per 1 minute". Raises InvalidInput."""
    match = _RATE.fullmatch(text) if isinstance(text, str) else None
    if not match or int(match["times"] or 1) * _UNIT_S[match["unit"]] > _LONGEST_S:
        raise InvalidInput(
            f'{name} must be a rate over an hour at most, such as "20 per 1 minute".',
            field="limits",
        )
    return match[0]


def read_limits(given: object) -> dict[str, str | int]:
    """The limits, checked. Raises InvalidInput, with the field `limits`."""
    if not isinstance(given, dict):
        raise InvalidInput(
            'limits must be like {"generation": "20 per 1 minute", "concurrent_jobs": 2}.',
            field="limits",
        )
    return {str(name): _limit(name, value) for name, value in given.items()}


def _limit(name: object, value: object) -> str | int:
    if name in CLASSES:
        return check_rate(str(name), value)
    if name in COUNTS:
        return _count(f"limits.{name}", value, "limits")
    known = ", ".join((*CLASSES, *COUNTS))
    raise InvalidInput(f"There is no limit {str(name)[:40]!r}. There are: {known}.", field="limits")


def read_quota(given: object) -> dict[str, str | int]:
    """The quota, checked. Raises InvalidInput, with the field `quota`."""
    if not isinstance(given, dict) or not given or set(given) - {"calls", "usd"}:
        raise InvalidInput('quota must be {"calls": 1000} or {"usd": "10"}.', field="quota")
    if "calls" in given:
        _count("quota.calls", given["calls"], "quota")
    try:
        negative = usd(given.get("usd", "0")).micros < 0
    except (TypeError, ValueError):
        negative = True
    if negative:
        raise InvalidInput('quota.usd must be USD as text, such as "10".', field="quota")
    return given


def _count(name: str, value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise InvalidInput(f"{name} must be a whole number.", field=field)
    return value
