"""Names of the engines there are, told from their files: asked where none may be imported."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_ENGINES = Path(__file__).parents[1] / "engines"


@cache
def engine_names() -> tuple[str, ...]:
    """Every engine, such as "upscaling.realesrgan": the files that declare an `ENGINE`."""
    files = sorted(_ENGINES.glob("*/*.py"))
    return tuple(f"{file.parent.name}.{file.stem}" for file in files if _declares(file))


def _declares(file: Path) -> bool:
    return "\nENGINE = " in file.read_text(encoding="utf-8")
