"""Digests of files."""

from __future__ import annotations

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """SHA-256 in hex of a file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_blob(size: int) -> hashlib._Hash:
    """A hash that, fed `size` bytes, becomes the id git gives them: what a hub tells of small
    files.
    """
    return hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
