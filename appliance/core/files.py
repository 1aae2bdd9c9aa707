"""Files as values: what a customer sent, what a job made. Bytes are elsewhere."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What a file is, to a person."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


@dataclass(frozen=True)
class Facts:
    """What a header-only probe tells. Zero where the header does not say."""

    width_px: int = 0
    height_px: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Upload:
    """A file a job reads: an upload or an output of an earlier job, resolved and sniffed.

    `path` lies on the box and is owned by it; nobody but the janitor deletes it. `mime` was told
    by the content, `name` by the sender (already made safe).
    """

    id: str
    path: Path
    name: str
    mime: str
    kind: Kind
    bytes: int
    sha256: str
    facts: Facts = Facts()


@dataclass(frozen=True)
class Made:
    """A file a job made, published or about to be. `path` is absolute while it is being made."""

    name: str
    path: Path
    mime: str
    kind: Kind
    bytes: int
    sha256: str
    facts: Facts = Facts()


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def safe_name(name: str, *, fallback: str = "file") -> str:
    """The sender's file name as the box keeps it: only [A-Za-z0-9._-], at most 80 characters.

    Links carry this name in their path, and a path of this alphabet is the same bytes however a
    server or proxy re-encodes it.
    """
    plain = unicodedata.normalize("NFKD", name.replace("\\", "/").rsplit("/", 1)[-1])
    cleaned = _UNSAFE.sub("-", plain.encode("ascii", "ignore").decode()).strip(".-")
    stem, dot, ending = cleaned.rpartition(".")
    return f"{stem[:70]}.{ending[:9]}" if dot and stem else (cleaned[:80] or fallback)


def stem(name: str) -> str:
    """The name without its ending: "mi-imagen.png" → "mi-imagen"."""
    return name.rpartition(".")[0] or name


def safe_stem(name: str, *, fallback: str = "file") -> str:
    """The sender's file name as the box keeps it, without its ending: it names the result."""
    return stem(safe_name(name, fallback=fallback))
