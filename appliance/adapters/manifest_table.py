"""Typed look-ups in a TOML table whose errors name the file and the key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from appliance.core.errors import InvalidInput

_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


class WrongManifest(InvalidInput):
    """A manifest that cannot be read; the message names the file and the key."""


def toml_of(path: Path) -> dict[str, Any]:
    """What a TOML file holds. Raises WrongManifest."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongManifest(f"{path.name} cannot be read: {error}") from error


class Table:
    """One table of a manifest."""

    def __init__(self, path: Path, values: dict[str, Any], prefix: str = "") -> None:
        self._path, self.values, self._prefix = path, values, prefix

    def wrong(self, key: str, must_be: str) -> WrongManifest:
        """The error for a key that is not as it must be."""
        name = self._prefix + key
        return WrongManifest(f"{self._path.name}: {name} must be {must_be}.", field=name)

    def known(self, keys: set[str]) -> None:
        """Refuse every key that is not one of these."""
        for key in self.values:
            if key not in keys:
                raise self.wrong(key, f"left out; known keys: {', '.join(sorted(keys))}")

    def get(self, key: str, kind: type, *, default: Any = None) -> Any:
        """The value of a key: a text that is not empty, a number not below zero, a boolean."""
        value = self.values.get(key, default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind or (default is None and value == "") or _negative(value):
            raise self.wrong(key, _NAMES[kind])
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(type(each) is str and each for each in value):
            raise self.wrong(key, "a list of texts")
        return tuple(value)

    def numbers(self, key: str) -> dict[str, int]:
        """A table of whole numbers by name; empty where the key is absent."""
        table = self.table(key)
        return {name: table.get(name, int) for name in table.values}

    def table(self, key: str) -> Table:
        """The table under a key; an empty one where it is absent."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "a table")
        return Table(self._path, value, f"{self._prefix}{key}.")

    def tables(self, key: str) -> list[Table]:
        """The tables under a key, `[[key]]`; none where it is absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(type(each) is dict for each in value):
            raise self.wrong(key, f"tables, [[{key}]]")
        return [Table(self._path, v, f"{self._prefix}{key}[{n}].") for n, v in enumerate(value)]

    def options(self) -> dict[str, str | int | float | bool]:
        """All of it, as plain values."""
        for key, value in self.values.items():
            if type(value) not in _NAMES:
                raise self.wrong(key, "a text, a number, or true or false")
        return dict(self.values)


def _negative(value: object) -> bool:
    return isinstance(value, int | float) and value < 0
