"""Goldens: a documented request and reply, where `<word>` stands for any value of a form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOLDENS = Path(__file__).parent / "goldens"

_ULID = r"[0-9A-HJKMNP-TV-Z]{26}"
_FORMS = {
    "<job>": rf"job_{_ULID}",
    "<upload>": rf"upl_{_ULID}",
    "<key>": rf"key_{_ULID}",
    "<app>": rf"app_{_ULID}",
    "<account>": rf"acc_{_ULID}",
    "<webhook>": rf"wh_{_ULID}",
    "<link>": rf"lnk_{_ULID}",
    "<delivery>": rf"msg_{_ULID}",
    "<whsec>": r"whsec_[A-Za-z0-9+/]{43}=",
    "<secret>": r"sa_(live|test)_[0-9A-Za-z]{36}",
    "<req>": rf"req_{_ULID}",
    "<event>": rf"evt_{_ULID}",
    "<uuid>": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "<poll>": rf"/api/v1/jobs/job_{_ULID}",
    "<url>": r"https?://\S+",
    "<time>": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "<sha256>": r"[0-9a-f]{64}",
    "<base64>": r"[A-Za-z0-9+/]{16,}={0,2}",
    "<decimal>": r"\d+(\.\d*[1-9])?",
    "<string>": r"(?s).+",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "<int>": (int,),
    "<number>": (int, float),
    "<bool>": (bool,),
    "<object>": (dict,),
}


@dataclass(frozen=True)
class Golden:
    name: str
    raw: dict[str, Any]

    @property
    def request(self) -> dict[str, Any]:
        found: dict[str, Any] = self.raw["request"]
        return found

    @property
    def response(self) -> dict[str, Any]:
        found: dict[str, Any] = self.raw["response"]
        return found


def golden(name: str) -> Golden:
    return Golden(name, json.loads((GOLDENS / f"{name}.json").read_text("utf-8")))


def goldens() -> list[Golden]:
    return [golden(str(f.relative_to(GOLDENS))[:-5]) for f in sorted(GOLDENS.rglob("*.json"))]


def differences(wanted: Any, found: Any, where: str = "") -> list[str]:
    """How `found` differs from the golden; more fields than the golden's are no difference."""
    if wanted == "<any>":
        return []
    if isinstance(wanted, str) and wanted in _TYPES:
        fits = isinstance(found, _TYPES[wanted]) and (wanted == "<bool>") == isinstance(found, bool)
        return [] if fits else [f"{where}: {found!r} is not {wanted}"]
    if isinstance(wanted, str) and wanted in _FORMS:
        fits = isinstance(found, str) and re.fullmatch(_FORMS[wanted], found) is not None
        return [] if fits else [f"{where}: {found!r} is not {wanted}"]
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            line
            for key, value in wanted.items()
            for line in (
                differences(value, found[key], f"{where}.{key}")
                if key in found
                else [f"{where}.{key} is missing"]
            )
        ]
    if isinstance(wanted, list) and isinstance(found, list):
        if len(found) < len(wanted):
            return [f"{where}: {len(found)} items, not {len(wanted)}"]
        return [
            line
            for index, value in enumerate(wanted)
            for line in differences(value, found[index], f"{where}[{index}]")
        ]
    same = wanted == found and type(wanted) is type(found)
    return [] if same else [f"{where}: {found!r}, not {wanted!r}"]
