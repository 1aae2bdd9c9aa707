"""A plan: which models, operations and limits an account has.

Patterns are those of file names (`*`, `image.*`); one with `!` in front leaves out what it fits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from appliance.core.errors import InvalidInput
from appliance.core.limits import Limits, read_limits


@dataclass(frozen=True)
class Plan:
    """What accounts of a plan may use. `keys_by_api`: whether a key may make keys. `limits`: what
    differs from [rates] for each key, and tools_an_hour.
    """

    models: tuple[str, ...] = ("*",)
    operations: tuple[str, ...] = ("*",)
    keys_by_api: bool = False
    limits: Limits = dataclasses.field(default_factory=dict)


def read_plan(before: Plan, given: object) -> Plan:
    """The plan with what `given` says differently. Raises InvalidInput."""
    if not isinstance(given, Mapping):
        raise InvalidInput("A plan must be a table.")
    unknown = [key for key in given if key not in _READ]
    if unknown:
        raise InvalidInput(f"A plan has no setting {unknown[0]!r}. It has: {', '.join(_READ)}.")
    changes = {key: _READ[key](value) for key, value in given.items()}
    if "limits" in changes:
        changes["limits"] = {**before.limits, **changes["limits"]}
    return dataclasses.replace(before, **changes)


def covers(patterns: Sequence[str], *names: str) -> bool:
    """Whether a pattern takes one of the names in, and none leaves one out."""

    def fits(pattern: str) -> bool:
        return any(fnmatchcase(name, pattern) for name in names)

    taken = any(fits(each) for each in patterns if not each.startswith("!"))
    return taken and not any(fits(each[1:]) for each in patterns if each.startswith("!"))


def _patterns(given: object) -> tuple[str, ...]:
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return tuple(given)
    raise InvalidInput("models and operations must be lists of texts.")


def _flag(given: object) -> bool:
    if isinstance(given, bool):
        return given
    raise InvalidInput("keys_by_api must be true or false.")


_READ: Mapping[str, Callable[[object], Any]] = {
    "models": _patterns,
    "operations": _patterns,
    "keys_by_api": _flag,
    "limits": read_limits,
}
