"""Everything a customer or operator can meet is documented, and the decisions are in order."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from typing import Any, get_type_hints

import click
import pytest

from appliance.adapters.config import CHECKOUT, Settings
from appliance.cli.main import main
from appliance.core.errors import ApplianceError, all_errors
from appliance.core.scopes import Scope
from appliance.operations import discover
from appliance.web.families.family import Envelope, Refused
from appliance.web.families.jobs.envelope import JobsEnvelope
from appliance.web.families.product.envelope import ProductEnvelope
from appliance.web.families.studio.envelope import StudioEnvelope
from appliance.web.families.tools.envelope import ToolsEnvelope
from appliance.web.families.wallet.envelope import WalletEnvelope

DOCS = CHECKOUT / "appliance" / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
HEADINGS = ("Context", "Decision", "What we gave up", "How we would notice it was wrong")
LONGEST_DECISION = 40

FAMILIES: dict[str, Envelope] = {
    "jobs": JobsEnvelope(),
    "product": ProductEnvelope(),
    "wallet": WalletEnvelope(),
    "tools": ToolsEnvelope("en"),
    "studio": StudioEnvelope(),
}


def _manual() -> str:
    """All pages but the history: what was true once does not count."""
    pages = [page for page in DOCS.glob("*.md") if page.name != "CHANGELOG.md"]
    return "\n".join(page.read_text("utf-8") for page in sorted(pages))


def _rows(page: str, heading: str) -> Iterator[list[str]]:
    """The cells of every table row under a heading, code marks and emphasis taken off."""
    section = re.split(r"^## ", (DOCS / page).read_text("utf-8"), flags=re.M)
    text = next((part for part in section if part.startswith(heading + "\n")), "")
    for line in text.splitlines():
        cells = [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `"):
            yield cells


# Settings


def _settings() -> dict[str, Any]:
    """Every setting of a fixed name with its default, as config.toml has them."""
    kept = tomllib.loads((CHECKOUT / "config.toml").read_text("utf-8"))
    return {
        f"{section}.{name}": kept[section].get(name)
        for section, kind in get_type_hints(Settings).items()
        if dataclasses.is_dataclass(kind)
        for name in (field.name for field in dataclasses.fields(kind))
    }


def _written(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return f'"{default}"' if isinstance(default, str) else str(default)


def test_every_setting_is_documented_with_its_default() -> None:
    documented = {
        f"{section}.{row[0]}": row[1]
        for section in get_type_hints(Settings)
        for row in _rows("settings.md", f"[{section}]")
    }

    assert documented == {name: _written(default) for name, default in _settings().items()}


def test_every_open_table_of_settings_is_documented() -> None:
    page = (DOCS / "settings.md").read_text("utf-8")

    for section in get_type_hints(Settings):
        assert f"\n## [{section}]\n" in page, section


def test_every_setting_is_read_by_something() -> None:
    sources = [*(CHECKOUT / "appliance").rglob("*.py")]
    code = "\n".join(each.read_text("utf-8") for each in sources if each.name != "config.py")
    # What `getattr` reads by a made-up name counts by its first part.
    read = {*re.findall(r"\.(\w+)", code), *re.findall(r"\"(\w+)\"", code)}
    begun = tuple(re.findall(r"getattr\(\w+, f\"(\w+_)\{", code)) or ("\0",)

    idle = [
        name
        for name in _settings()
        if (last := name.partition(".")[2]) not in read and not last.startswith(begun)
    ]
    assert not idle, f"nothing reads {', '.join(idle)}"


# Errors


def _kinds() -> dict[str, type[ApplianceError]]:
    """One error of each code."""
    return {kind.code: kind for kind in reversed(all_errors())}


def _refusal(kind: type[ApplianceError], family: str) -> tuple[int, str]:
    """Status and code as the family writes them."""
    reply = FAMILIES[family].refuse(kind("It did not work."), Refused("req_1"))
    body = reply.body
    said = body["error"] if isinstance(body["error"], dict) else body
    return reply.status, str(said.get("error_code") or said["code"])


def _true_row(kind: type[ApplianceError]) -> list[str]:
    found = {family: _refusal(kind, family) for family in FAMILIES}
    assert found["jobs"] == found["product"]
    others = {
        status: [name for name in FAMILIES if found[name][0] == status]
        for status in {status for status, _code in found.values()} - {kind.status}
    }
    statuses = [f"{', '.join(names)} {status}" for status, names in sorted(others.items())]
    codes = [found[family][1] for family in ("jobs", "wallet", "tools", "studio")]
    return [kind.code, "; ".join([str(kind.status), *statuses]), *codes]


def test_every_error_is_documented_as_each_family_writes_it() -> None:
    documented = {row[0]: row[:6] for row in _rows("api.md", "Errors")}

    assert documented == {code: _true_row(kind) for code, kind in _kinds().items()}


# What can be asked for, and by whom


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_is_documented(scope: Scope) -> None:
    assert scope.value in [row[0] for row in _rows("api.md", "Keys and scopes")]


def test_every_operation_is_documented() -> None:
    documented = {row[0] for row in _rows("api.md", "Operations")}

    assert documented == {operation.name for operation in discover()}


def _commands(command: click.Command, path: str) -> Iterator[str]:
    # `run` has a command for each operation.
    if not isinstance(command, click.Group) or path == "appliance run":
        yield path
        return
    for name, each in command.commands.items():
        yield from _commands(each, f"{path} {name}")


def test_every_command_is_documented() -> None:
    manual = _manual()
    missing = [path for path in _commands(main, "appliance") if f"`{path}" not in manual]

    assert not missing, "\n".join(missing)


# Decisions


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(each.name[:4]) for each in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda each: each.stem)
def test_a_decision_is_short_and_complete(decision: Any) -> None:
    text = decision.read_text("utf-8")

    assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+\.md", decision.name)
    assert text.startswith(f"# {decision.name[:4]}: ")
    assert re.findall(r"^## (.+)$", text, flags=re.M) == list(HEADINGS)
    assert len(text.splitlines()) <= LONGEST_DECISION


def test_every_decision_that_is_referred_to_exists() -> None:
    known = {each.name[:4] for each in DECISIONS}
    folders = [CHECKOUT / name for name in ("appliance", "tests")]
    files = [each for folder in folders for each in folder.rglob("*") if each.suffix in _TEXTS]
    files += [CHECKOUT / name for name in ("pyproject.toml", "config.toml", "README.md")]

    for file in files:
        named = re.findall(r"\bdecision (\d{4})\b", file.read_text("utf-8"))
        assert set(named) <= known, file


_TEXTS = (".py", ".md", ".toml")
