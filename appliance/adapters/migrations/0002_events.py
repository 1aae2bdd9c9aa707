"""What happened: one row an event, written in the transaction of what it tells."""

from typing import Any

from peewee import SqliteDatabase

_EVENTS = (
    """
    CREATE TABLE event(
      seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which streams tell them; never reused
      id TEXT NOT NULL UNIQUE,                -- evt_…: the same on every telling
      account TEXT NOT NULL REFERENCES account(id),
      environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
      kind TEXT NOT NULL,                     -- job.completed, credits.low …
      job TEXT REFERENCES job(id),
      data TEXT NOT NULL DEFAULT '{}',        -- JSON; what the job's row does not say
      at INTEGER NOT NULL
    ) STRICT
    """,
    # The expired are found without an index of times: they are the oldest by seq.
    "CREATE INDEX event_by_account ON event(account, environment, seq)",
)


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the table."""
    for statement in _EVENTS:
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
