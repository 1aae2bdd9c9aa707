"""Where in a settings file something stands, for messages: tomllib keeps no positions."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path


def at_line(file: Path, text: str, section: str, key: str | None = None) -> str:
    """The file with the line of a section, or of a key in it, as `file:line`."""
    number = _lines(text).get((section, key)) or _near(text, key or section)
    return f"{file}:{number}" if number else str(file)


@lru_cache(maxsize=2)
def _lines(text: str) -> dict[tuple[str, str | None], int]:
    """The lines of headings and of the keys under them."""
    found: dict[tuple[str, str | None], int] = {}
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            inside = bare.partition("]")[0].strip("[ ")
            found.setdefault((inside, None), number)
        found.setdefault((inside, re.split(r"[=\s]", bare)[0].strip("\"'")), number)
    return found


def _near(text: str, name: str) -> int:
    # Wherever else a name may stand: server.port = 1, server = {port = 1}.
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if word.search(line.partition("#")[0])), 0)
