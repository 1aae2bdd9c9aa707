"""Foreign model names an admin points elsewhere than config.toml does."""

from typing import Any

from peewee import SqliteDatabase

_ALIAS = """
    CREATE TABLE alias(
      name TEXT PRIMARY KEY,
      target TEXT NOT NULL,                  -- a model's id, or default, default:video …
      changed_at INTEGER NOT NULL
    ) STRICT
"""


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the table."""
    db.execute_sql(_ALIAS)  # type: ignore[no-untyped-call]
