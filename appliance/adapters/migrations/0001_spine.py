"""Accounts, keys, files, jobs and the ledger. Instants are microseconds, money is micro-USD."""

from typing import Any

from peewee import SqliteDatabase

_TABLES = (
    """
    CREATE TABLE account(
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      plan TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
      jobs INTEGER NOT NULL DEFAULT 0,       -- numbers given so far
      served_at INTEGER NOT NULL DEFAULT 0,  -- when a job of it was last claimed: fairness
      created_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE person(
      name TEXT PRIMARY KEY,
      role TEXT NOT NULL,
      password TEXT NOT NULL,                -- scrypt
      account TEXT NOT NULL REFERENCES account(id),
      created_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE api_key(
      id TEXT PRIMARY KEY,
      account TEXT NOT NULL REFERENCES account(id),
      name TEXT NOT NULL,
      hint TEXT NOT NULL,                    -- sa_live_a1B2…
      digest BLOB NOT NULL UNIQUE,           -- SHA-256 of the key
      environment TEXT NOT NULL CHECK (environment IN ('live', 'test')),
      scopes TEXT NOT NULL,                  -- JSON list
      tools TEXT,                            -- JSON list of slugs it may run; NULL: all
      quota TEXT NOT NULL DEFAULT '{}',      -- JSON {"calls": n} or {"usd": "10"}, a month
      replaced_by TEXT,                      -- it is being rotated out
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      revoked_at INTEGER,
      last_used_at INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE upload(
      id TEXT PRIMARY KEY,
      account TEXT NOT NULL REFERENCES account(id),
      path TEXT NOT NULL,                    -- under data/uploads
      name TEXT NOT NULL,
      mime TEXT NOT NULL,
      kind TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      width_px INTEGER NOT NULL,
      height_px INTEGER NOT NULL,
      seconds REAL NOT NULL,
      created_at INTEGER NOT NULL,
      retained_until INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE job(
      id TEXT PRIMARY KEY,                   -- ULID
      number INTEGER NOT NULL,               -- whole number within the account
      account TEXT NOT NULL REFERENCES account(id),
      api_key TEXT,
      environment TEXT NOT NULL,
      family TEXT NOT NULL,
      type TEXT NOT NULL,                    -- what the family calls it
      operation TEXT NOT NULL,
      params TEXT NOT NULL,                  -- JSON; files as {"file": id}
      extra TEXT NOT NULL DEFAULT '{}',      -- JSON; the family's own fields, given back in replies
      model TEXT,                            -- the name asked for
      models TEXT NOT NULL,                  -- JSON {ability: model id}, pinned at admission
      lane TEXT NOT NULL,
      priority INTEGER NOT NULL DEFAULT 0,
      state TEXT NOT NULL
        CHECK (state IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
      attempt INTEGER NOT NULL DEFAULT 0,    -- fence: grows with every claim
      tries INTEGER NOT NULL DEFAULT 0,      -- claims that count towards worker.max_attempts
      boot TEXT,                             -- the worker run that claimed it
      cancel_requested INTEGER NOT NULL DEFAULT 0,
      paused INTEGER NOT NULL DEFAULT 0,
      cancel_at INTEGER,                     -- cancelled then if it has not ended
      price INTEGER NOT NULL,
      hold TEXT,
      error TEXT,                            -- JSON {code, message, field, details, retryable}
      facts TEXT NOT NULL DEFAULT '{}',      -- JSON
      warnings TEXT NOT NULL DEFAULT '[]',   -- JSON
      request_id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      started_at INTEGER,
      completed_at INTEGER,
      UNIQUE (account, number)
    ) STRICT
    """,
    "CREATE INDEX job_ready ON job(lane, priority, account, id)"
    " WHERE state = 'pending' AND paused = 0",
    "CREATE INDEX job_unfinished ON job(state) WHERE state IN ('pending', 'processing')",
    "CREATE INDEX job_by_account ON job(account, id)",
    "CREATE INDEX job_by_key ON job(api_key, created_at)",
    """
    CREATE TABLE output(
      job TEXT NOT NULL REFERENCES job(id),
      idx INTEGER NOT NULL,
      path TEXT NOT NULL,                    -- under data/outputs
      name TEXT NOT NULL,
      mime TEXT NOT NULL,
      kind TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      width_px INTEGER NOT NULL,
      height_px INTEGER NOT NULL,
      seconds REAL NOT NULL,
      retained_until INTEGER NOT NULL,
      PRIMARY KEY (job, idx)
    ) STRICT
    """,
    "CREATE TABLE lane(name TEXT PRIMARY KEY, paused INTEGER NOT NULL) STRICT",
    """
    CREATE TABLE pace(                       -- how long work takes here, for ETAs
      operation TEXT NOT NULL,
      model TEXT NOT NULL,
      seconds REAL NOT NULL,
      samples INTEGER NOT NULL,
      PRIMARY KEY (operation, model)
    ) STRICT
    """,
    """
    CREATE TABLE idempotency(
      account TEXT NOT NULL,
      key TEXT NOT NULL,
      fingerprint BLOB NOT NULL,
      job TEXT NOT NULL REFERENCES job(id),
      created_at INTEGER NOT NULL,
      PRIMARY KEY (account, key)
    ) STRICT
    """,
)

_LEDGER = (
    """
    CREATE TABLE ledger_account(
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      balance INTEGER NOT NULL DEFAULT 0,
      floor INTEGER,
      CHECK (floor IS NULL OR balance >= floor)
    ) STRICT
    """,
    """
    CREATE TABLE entry(                      -- one business action
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      ref TEXT,
      reason TEXT,
      unique_key TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE transfer(
      id INTEGER PRIMARY KEY,
      entry TEXT NOT NULL REFERENCES entry(id),
      debit INTEGER NOT NULL REFERENCES ledger_account(id),
      credit INTEGER NOT NULL REFERENCES ledger_account(id),
      amount INTEGER NOT NULL CHECK (amount > 0),
      CHECK (debit <> credit)
    ) STRICT
    """,
    """
    CREATE TABLE hold(
      id TEXT PRIMARY KEY,
      debtor INTEGER NOT NULL REFERENCES ledger_account(id),
      held INTEGER NOT NULL REFERENCES ledger_account(id),
      revenue INTEGER NOT NULL REFERENCES ledger_account(id),
      amount INTEGER NOT NULL CHECK (amount > 0),
      captured INTEGER NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
      state TEXT NOT NULL CHECK (state IN ('open', 'captured', 'released'))
    ) STRICT
    """,
    """
    CREATE TRIGGER transfer_moves AFTER INSERT ON transfer BEGIN
      UPDATE ledger_account SET balance = balance - NEW.amount WHERE id = NEW.debit;
      UPDATE ledger_account SET balance = balance + NEW.amount WHERE id = NEW.credit;
    END
    """,
    "CREATE TRIGGER transfer_stays BEFORE UPDATE ON transfer"
    " BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END",
    "CREATE TRIGGER transfer_remains BEFORE DELETE ON transfer"
    " BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END",
    "CREATE TRIGGER entry_stays BEFORE UPDATE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END",
    "CREATE TRIGGER entry_remains BEFORE DELETE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END",
    "CREATE TRIGGER hold_remains BEFORE DELETE ON hold"
    " BEGIN SELECT RAISE(ABORT, 'holds are kept'); END",
    "CREATE TRIGGER hold_is_final BEFORE UPDATE ON hold WHEN OLD.state <> 'open'"
    " BEGIN SELECT RAISE(ABORT, 'a settled hold is final'); END",
)


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the tables."""
    for statement in (*_TABLES, *_LEDGER):
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
