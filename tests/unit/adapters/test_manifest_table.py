"""Typed look-ups whose errors name file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.adapters.manifest_table import Table, WrongManifest, toml_of

TABLE = Table(Path("one.toml"), {"text": "a", "number": 3, "list": ["a"], "in": {"size": 1}})


def test_values_of_the_right_kind_are_given():
    assert TABLE.get("text", str) == "a"
    assert TABLE.get("number", float) == 3.0
    assert TABLE.get("absent", int, default=7) == 7
    assert TABLE.texts("list") == ("a",)
    assert TABLE.texts("absent") == ()
    assert TABLE.numbers("in") == {"size": 1}
    assert TABLE.tables("absent") == []


@pytest.mark.parametrize(
    ("look", "field"),
    [
        (lambda: TABLE.get("text", int), "text"),
        (lambda: TABLE.get("absent", str), "absent"),
        (lambda: TABLE.texts("text"), "text"),
        (lambda: TABLE.tables("list"), "list"),
        (lambda: TABLE.table("list"), "list"),
        (lambda: TABLE.table("in").get("size", str), "in.size"),
        (lambda: TABLE.known({"text"}), "number"),
        (TABLE.options, "list"),
    ],
)
def test_a_wrong_one_is_told_by_file_and_key(look, field):
    with pytest.raises(WrongManifest, match=rf"^one\.toml: {field} must be ") as fault:
        look()

    assert fault.value.field == field


def test_a_file_that_is_no_toml_is_told(tmp_path):
    (tmp_path / "one.toml").write_bytes(b"\xff")

    with pytest.raises(WrongManifest, match=r"one\.toml cannot be read"):
        toml_of(tmp_path / "one.toml")
