"""Batches: jobs that wait for jobs of their own, and the files a batch was made of."""

from typing import Any

from peewee import SqliteDatabase

_BATCHES = (
    "ALTER TABLE job ADD COLUMN parent TEXT REFERENCES job(id)",  # the job that waits for it
    "ALTER TABLE job ADD COLUMN items INTEGER NOT NULL DEFAULT 0",  # files a batch was made of
    "ALTER TABLE job ADD COLUMN waits INTEGER NOT NULL DEFAULT 0",  # children that have not ended
    "CREATE INDEX job_by_parent ON job(parent, state) WHERE parent IS NOT NULL",
    """
    CREATE TABLE item(                       -- a file of a batch, in the order it was sent
      batch TEXT NOT NULL REFERENCES job(id),
      place INTEGER NOT NULL,
      name TEXT NOT NULL,                    -- as the sender called it
      job TEXT UNIQUE REFERENCES job(id),    -- NULL: refused before it became one
      error TEXT,                            -- JSON: why it was refused
      PRIMARY KEY (batch, place),
      CHECK ((job IS NULL) = (error IS NOT NULL))
    ) STRICT
    """,
    # A job that waits for others is not ready, and of an account's jobs those asked for alone go
    # before those of a batch.
    "DROP INDEX job_ready",
    "CREATE INDEX job_ready ON job(lane, priority, account, parent, id)"
    " WHERE state = 'pending' AND paused = 0 AND waits = 0",
    # A batch is no call of its own: its pictures are.
    "DROP INDEX job_by_key",
    "CREATE INDEX job_by_key ON job(api_key, created_at, state, family, price, items)",
)


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the columns, the table and the indexes."""
    for statement in _BATCHES:
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
