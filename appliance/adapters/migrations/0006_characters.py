"""Which accounts an admin has given which characters."""

from typing import Any

from peewee import SqliteDatabase

_GRANT = """
    CREATE TABLE character_grant(
      account TEXT NOT NULL REFERENCES account(id),
      character TEXT NOT NULL,               -- id of its manifest
      granted_at INTEGER NOT NULL,
      PRIMARY KEY (account, character)
    ) STRICT
"""


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the table."""
    db.execute_sql(_GRANT)  # type: ignore[no-untyped-call]
