"""First replies under an Idempotency-Key, of requests that make no job."""

from typing import Any

from peewee import SqliteDatabase

_REPLY = """
    CREATE TABLE reply(
      account TEXT NOT NULL REFERENCES account(id),
      key TEXT NOT NULL,
      fingerprint BLOB NOT NULL,             -- of the request
      sealed BLOB NOT NULL,                  -- the reply, for the API key that asked
      created_at INTEGER NOT NULL,
      PRIMARY KEY (account, key)
    ) STRICT
"""


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the table."""
    db.execute_sql(_REPLY)  # type: ignore[no-untyped-call]
