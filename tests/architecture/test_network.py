"""network.md lists every module that opens a connection or starts a program."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from appliance.adapters.config import CHECKOUT
from appliance.engines.registry import OFFLINE

SOURCES = CHECKOUT / "appliance"
PAGE = SOURCES / "docs" / "network.md"
# What opens connections or starts what could; by the beginning of a module's name.
OUTWARD = (
    *("socket", "ssl", "http.client", "urllib.request", "asyncio", "smtplib", "ftplib", "xmlrpc"),
    *("requests", "urllib3", "httpx", "httpx2", "aiohttp", "websockets", "ssrfguard"),
    *("huggingface_hub", "torch.hub", "subprocess", "pip"),
)


def outward(text: str) -> set[str]:
    """Which of OUTWARD a source imports, anywhere in it."""
    return {
        known
        for name in _imported(ast.parse(text))
        for known in OUTWARD
        if f"{name}.".startswith(f"{known}.")
    }


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _reaching() -> set[str]:
    files = [each for each in SOURCES.rglob("*.py") if outward(each.read_text("utf-8"))]
    return {each.relative_to(SOURCES).as_posix() for each in files}


def _listed() -> set[str]:
    section = PAGE.read_text("utf-8").partition("### In the code")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_module_that_reaches_outward_is_listed() -> None:
    assert _reaching() - _listed() == set(), f"say in {PAGE} what they reach, and how to do without"


def test_every_module_that_is_listed_reaches_outward() -> None:
    assert _listed() - _reaching() == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import urllib.request", {"urllib.request"}),
        ("def f():\n    from urllib import request", {"urllib.request"}),
        ("from http.client import HTTPResponse", {"http.client"}),
        ("import requests.adapters as a", {"requests"}),
        ("from urllib.parse import quote\nimport http, socketserver", set()),
    ],
)
def test_an_import_is_found_however_it_is_written(source: str, found: set[str]) -> None:
    assert outward(source) == found


def test_libraries_that_ask_a_hub_are_told_not_to() -> None:
    assert {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "DIFFUSERS_OFFLINE"} <= OFFLINE.keys()
    assert all(name in PAGE.read_text("utf-8") for name in OFFLINE)
