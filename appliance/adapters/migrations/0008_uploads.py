"""Uploads: the same bytes stored once, under their digest; large ones arriving in pieces."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase

_UPLOADS = (
    """
    CREATE TABLE arriving(                   -- its bytes so far: data/tmp/arriving/<id>
      id TEXT PRIMARY KEY,                   -- upl_…: the upload it becomes
      account TEXT NOT NULL REFERENCES account(id),
      name TEXT NOT NULL,
      bytes INTEGER NOT NULL CHECK (bytes > 0),  -- of the whole file
      expires_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX upload_by_path ON upload(path)",
)


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the table and the index, and name every file after its content."""
    for statement in _UPLOADS:
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
    folder = Path(db.database).parent / "uploads"
    for path, sha256 in db.execute_sql("SELECT path, sha256 FROM upload").fetchall():  # type: ignore[no-untyped-call]
        # A second name and no renaming: were this migration undone, the rows' files are there yet.
        # The first name has no row then, and goes as what was left behind does.
        with suppress(FileExistsError, FileNotFoundError):
            os.link(folder / path, folder / sha256)
    db.execute_sql("UPDATE upload SET path = sha256")  # type: ignore[no-untyped-call]
