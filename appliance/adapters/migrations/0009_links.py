"""Links that can be revoked, files about to be removed, and how many bytes each account keeps."""

from typing import Any

from peewee import SqliteDatabase

_LINKS = (
    """
    CREATE TABLE link(                       -- made on request; those in replies have no row
      id TEXT PRIMARY KEY,                   -- lnk_…
      job TEXT NOT NULL,
      idx INTEGER NOT NULL,
      name TEXT NOT NULL,                    -- what a download is called
      disposition TEXT NOT NULL CHECK (disposition IN ('inline', 'attachment')),
      expires_at INTEGER NOT NULL,
      FOREIGN KEY (job, idx) REFERENCES output(job, idx) ON DELETE CASCADE
    ) STRICT
    """,
    "CREATE INDEX link_by_output ON link(job, idx)",
    "CREATE INDEX link_by_expiry ON link(expires_at)",
    """
    CREATE TABLE removal(                    -- of outputs: the row is gone, the file is to go
      path TEXT PRIMARY KEY                  -- under data/outputs
    ) STRICT
    """,
    "CREATE INDEX output_by_end ON output(retained_until)",
    "CREATE INDEX output_by_path ON output(path)",
)
_SIZES = (
    "ALTER TABLE account ADD COLUMN outputs_bytes INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE account ADD COLUMN uploads_bytes INTEGER NOT NULL DEFAULT 0",
    """
    UPDATE account SET
      outputs_bytes = (SELECT coalesce(sum(o.bytes), 0) FROM output o JOIN job j ON j.id = o.job
                       WHERE j.account = account.id),
      uploads_bytes = (SELECT coalesce(sum(bytes), 0) FROM upload WHERE account = account.id)
    """,
    """
    CREATE TRIGGER output_kept AFTER INSERT ON output BEGIN
      UPDATE account SET outputs_bytes = outputs_bytes + NEW.bytes
      WHERE id = (SELECT account FROM job WHERE id = NEW.job);
    END
    """,
    """
    CREATE TRIGGER output_dropped AFTER DELETE ON output BEGIN
      UPDATE account SET outputs_bytes = outputs_bytes - OLD.bytes
      WHERE id = (SELECT account FROM job WHERE id = OLD.job);
    END
    """,
    """
    CREATE TRIGGER upload_kept AFTER INSERT ON upload BEGIN
      UPDATE account SET uploads_bytes = uploads_bytes + NEW.bytes WHERE id = NEW.account;
    END
    """,
    """
    CREATE TRIGGER upload_dropped AFTER DELETE ON upload BEGIN
      UPDATE account SET uploads_bytes = uploads_bytes - OLD.bytes WHERE id = OLD.account;
    END
    """,
)


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the tables, indexes and triggers, and count what there is."""
    for statement in (*_LINKS, *_SIZES):
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
