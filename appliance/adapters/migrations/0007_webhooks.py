"""Webhooks: who is told, what they are told, and how each try went."""

from typing import Any

from peewee import SqliteDatabase

_WEBHOOKS = (
    """
    CREATE TABLE endpoint(
      id TEXT PRIMARY KEY,                   -- wh_…
      account TEXT NOT NULL REFERENCES account(id),
      family TEXT NOT NULL CHECK (family IN ('jobs', 'studio')),  -- in whose words it is told
      url TEXT,                              -- NULL: its secret signs what jobs ask for themselves
      events TEXT NOT NULL,                  -- JSON list of kinds
      filter TEXT NOT NULL DEFAULT '{}',     -- JSON {fact: [values]}
      description TEXT NOT NULL DEFAULT '',
      secret TEXT NOT NULL,                  -- whsec_…
      shown INTEGER NOT NULL,                -- whether anybody was shown the first secret
      old_secret TEXT,                       -- signs too, until old_until
      old_until INTEGER,
      status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
      reason TEXT,                           -- why it is disabled
      failing_since INTEGER,                 -- every try since then failed
      created_at INTEGER NOT NULL,
      CHECK (url IS NOT NULL OR family = 'studio')
    ) STRICT
    """,
    "CREATE INDEX endpoint_by_account ON endpoint(account, id)",
    "CREATE UNIQUE INDEX endpoint_own ON endpoint(account) WHERE family = 'studio'",
    """
    CREATE TABLE delivery(                   -- an event for an endpoint; outlives the event's row
      id TEXT PRIMARY KEY,                   -- msg_…: the webhook-id of every try
      endpoint TEXT NOT NULL REFERENCES endpoint(id) ON DELETE CASCADE,
      family TEXT NOT NULL CHECK (family IN ('jobs', 'studio', 'product')),  -- in whose words
      url TEXT,                              -- what the job asked for; NULL: the endpoint's
      event TEXT NOT NULL,                   -- evt_…
      kind TEXT NOT NULL,
      job TEXT REFERENCES job(id),
      data TEXT NOT NULL,                    -- JSON; what the job's row does not say
      at INTEGER NOT NULL,                   -- when it happened
      state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
      tries INTEGER NOT NULL DEFAULT 0,      -- since it was last asked for
      due_at INTEGER NOT NULL,
      ended_at INTEGER,                      -- delivered, or given up
      CHECK ((state = 'pending') = (ended_at IS NULL))
    ) STRICT
    """,
    "CREATE INDEX delivery_due ON delivery(due_at) WHERE state = 'pending'",
    "CREATE INDEX delivery_by_endpoint ON delivery(endpoint, id)",
    """
    CREATE TABLE attempt(
      id INTEGER PRIMARY KEY,
      delivery TEXT NOT NULL REFERENCES delivery(id) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      status INTEGER,                        -- NULL: no answer
      ms INTEGER NOT NULL,
      head TEXT NOT NULL,                    -- of the answer, 2 KB at most
      error TEXT                             -- why there was none
    ) STRICT
    """,
    "CREATE INDEX attempt_by_delivery ON attempt(delivery, id)",
    "ALTER TABLE job ADD COLUMN webhook TEXT",  # its own url, told when it has ended
)


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the tables and the column."""
    for statement in _WEBHOOKS:
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
