"""Money moved by people: payments and refunds; the quote a job was accepted at."""

from typing import Any

from peewee import SqliteDatabase

_MONEY = (
    """
    CREATE TABLE payment(                    -- a grant, top-up, adjustment or refund, by its entry
      id TEXT PRIMARY KEY REFERENCES entry(id),
      purse INTEGER NOT NULL REFERENCES ledger_account(id),  -- the free balance it moved
      amount INTEGER NOT NULL CHECK (amount <> 0),           -- gained, or below zero lost
      balance INTEGER NOT NULL,              -- of the purse right after
      hold TEXT REFERENCES hold(id),         -- the settled hold a refund gives back from
      CHECK (hold IS NULL OR amount > 0)
    ) STRICT
    """,
    "CREATE INDEX payment_by_purse ON payment(purse, id)",
    "CREATE INDEX payment_by_hold ON payment(hold) WHERE hold IS NOT NULL",
    "CREATE TRIGGER payment_stays BEFORE UPDATE ON payment"
    " BEGIN SELECT RAISE(ABORT, 'payments are append-only'); END",
    "CREATE TRIGGER payment_remains BEFORE DELETE ON payment"
    " BEGIN SELECT RAISE(ABORT, 'payments are append-only'); END",
    """
    CREATE TRIGGER refund_fits BEFORE INSERT ON payment WHEN NEW.hold IS NOT NULL BEGIN
      SELECT RAISE(ABORT, 'a refund is above what was captured') WHERE NEW.amount > (
        SELECT iif(state = 'open', 0, captured) - (
          SELECT coalesce(sum(amount), 0) FROM payment WHERE hold = NEW.hold
        ) FROM hold WHERE id = NEW.hold
      );
    END
    """,
    "CREATE TRIGGER hold_grows BEFORE UPDATE OF captured ON hold WHEN NEW.captured < OLD.captured"
    " BEGIN SELECT RAISE(ABORT, 'what is captured stays captured'); END",
    # Grants were the only payments before this table.
    """
    INSERT INTO payment(id, purse, amount, balance)
    SELECT e.id, t.credit, t.amount, (
      SELECT sum(iif(credit = t.credit, amount, -amount)) FROM transfer
      WHERE id <= t.id AND t.credit IN (debit, credit)
    ) FROM entry e JOIN transfer t ON t.entry = e.id WHERE e.kind = 'grant'
    """,
    "ALTER TABLE job ADD COLUMN quote TEXT",  # JSON {usd, per, quantity}; NULL for older jobs
    "CREATE INDEX job_ended ON job(account, completed_at) WHERE completed_at IS NOT NULL",
)


def up(_migrator: Any, db: SqliteDatabase) -> None:
    """Make the table, fill it from the grants there are, and add the column."""
    for statement in _MONEY:
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
