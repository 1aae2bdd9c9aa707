"""Apps, limits of keys, rotations as one line, closed accounts."""

from typing import Any

from peewee import SqliteDatabase

_ACCESS = (
    """
    CREATE TABLE app(
      id TEXT PRIMARY KEY,
      account TEXT NOT NULL REFERENCES account(id),
      name TEXT NOT NULL,
      limits TEXT NOT NULL DEFAULT '{}',     -- JSON; for all its keys together
      quota TEXT NOT NULL DEFAULT '{}',      -- JSON; for all its keys together
      created_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX app_by_account ON app(account, id)",
    "ALTER TABLE api_key ADD COLUMN app TEXT REFERENCES app(id) ON DELETE SET NULL",
    "ALTER TABLE api_key ADD COLUMN limits TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE api_key ADD COLUMN lineage TEXT",  # the first key of its rotations
    """
    WITH RECURSIVE line(id, first) AS (
      SELECT id, id FROM api_key
        WHERE id NOT IN (SELECT replaced_by FROM api_key WHERE replaced_by IS NOT NULL)
      UNION ALL
      SELECT k.replaced_by, line.first FROM line JOIN api_key k ON k.id = line.id
        WHERE k.replaced_by IS NOT NULL
    )
    UPDATE api_key SET lineage = (SELECT first FROM line WHERE line.id = api_key.id)
    """,
    "CREATE INDEX api_key_by_account ON api_key(account, id)",
    "CREATE INDEX api_key_by_lineage ON api_key(lineage)",
    "CREATE INDEX api_key_by_app ON api_key(app) WHERE app IS NOT NULL",
    "ALTER TABLE account ADD COLUMN closed_at INTEGER",
    # What a key used in a month is summed at each of its submissions, from the index alone.
    "DROP INDEX job_by_key",
    "CREATE INDEX job_by_key ON job(api_key, created_at, state, family, price)",
)


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the table, the columns and the indexes."""
    for statement in _ACCESS:
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
