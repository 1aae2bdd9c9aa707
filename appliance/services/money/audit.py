"""The books against themselves and against the jobs: every invariant, asked of the rows."""

from __future__ import annotations

from appliance.adapters.database import Database

# Each gives the number of offenders. One statement each, so that each sees one state of a box that
# goes on working.
_CHECKS = {
    "the balances do not sum to zero": "SELECT sum(balance) <> 0 FROM ledger_account",
    "a balance is below its floor": "SELECT count(*) FROM ledger_account WHERE balance < floor",
    "a balance differs from the sum of its transfers": """
        WITH moved AS (
          SELECT account, sum(amount) AS amount FROM (
            SELECT credit AS account, amount FROM transfer
            UNION ALL SELECT debit, -amount FROM transfer
          ) GROUP BY account
        )
        SELECT count(*) FROM ledger_account a LEFT JOIN moved m ON m.account = a.id
        WHERE a.balance <> coalesce(m.amount, 0)
    """,
    "held money differs from the open holds": """
        SELECT count(*) FROM ledger_account a WHERE a.name LIKE 'held:%' AND a.balance <> (
          SELECT coalesce(sum(amount - captured), 0) FROM hold WHERE held = a.id AND state = 'open'
        )
    """,
    "revenue differs from what was captured and not refunded": """
        SELECT count(*) FROM ledger_account a WHERE a.name LIKE 'revenue:%' AND a.balance <>
          (SELECT coalesce(sum(captured), 0) FROM hold WHERE revenue = a.id)
          - (SELECT coalesce(sum(p.amount), 0) FROM payment p JOIN hold h ON h.id = p.hold
             WHERE h.revenue = a.id)
    """,
    "funding differs from what was paid in": """
        SELECT count(*) FROM ledger_account a WHERE a.name LIKE 'funding:%' AND -a.balance <>
          (SELECT coalesce(sum(p.amount), 0) FROM payment p JOIN ledger_account f ON f.id = p.purse
           WHERE p.hold IS NULL AND f.name LIKE 'free:%' || substr(a.name, 8))
    """,
    "a payment differs from its transfer": """
        SELECT count(*) FROM entry e LEFT JOIN payment p ON p.id = e.id
        LEFT JOIN transfer t ON t.entry = e.id
        WHERE e.kind IN ('grant', 'top_up', 'adjustment', 'refund')
          AND (p.id IS NULL OR p.amount IS NOT
            CASE p.purse WHEN t.credit THEN t.amount WHEN t.debit THEN -t.amount END)
    """,
    "the moves of a hold do not add up to it": """
        WITH moves AS (
          SELECT e.ref AS hold,
            sum(iif(t.credit = h.revenue, t.amount, 0)) AS captured,
            sum(iif(e.kind <> 'hold' AND t.credit = h.debtor, t.amount, 0)) AS released
          FROM transfer t JOIN entry e ON e.id = t.entry JOIN hold h ON h.id = e.ref
          WHERE e.kind IN ('hold', 'capture', 'settle') GROUP BY e.ref
        )
        SELECT count(*) FROM hold h LEFT JOIN moves m ON m.hold = h.id
        WHERE m.captured IS NOT h.captured
          OR m.released IS NOT iif(h.state = 'open', 0, h.amount - h.captured)
    """,
    "more was refunded than captured": """
        SELECT count(*) FROM hold h WHERE iif(state = 'open', 0, captured) <
          (SELECT coalesce(sum(amount), 0) FROM payment WHERE hold = h.id)
    """,
    "a job names a hold that is not there": """
        SELECT count(*) FROM job WHERE hold IS NOT NULL AND hold NOT IN (SELECT id FROM hold)
    """,
    "two jobs name one hold": """
        SELECT count(hold) - count(DISTINCT hold) FROM job
    """,
    "an open hold belongs to no unfinished job": """
        SELECT count(*) FROM hold WHERE state = 'open' AND id NOT IN
          (SELECT hold FROM job WHERE hold IS NOT NULL AND state IN ('pending', 'processing'))
    """,
    "an unfinished job's hold is settled": """
        SELECT count(*) FROM job j JOIN hold h ON h.id = j.hold
        WHERE j.state IN ('pending', 'processing') AND h.state <> 'open'
    """,
    "a completed job is not captured in full": """
        SELECT count(*) FROM job j JOIN hold h ON h.id = j.hold
        WHERE j.state = 'completed' AND h.captured <> j.price
    """,
    "a failed or cancelled job was charged beyond its parts": """
        WITH parts AS (
          SELECT e.ref AS hold, sum(t.amount) AS captured
          FROM entry e JOIN transfer t ON t.entry = e.id WHERE e.kind = 'capture' GROUP BY e.ref
        )
        SELECT count(*) FROM job j JOIN hold h ON h.id = j.hold LEFT JOIN parts p ON p.hold = h.id
        WHERE j.state IN ('failed', 'cancelled') AND h.captured <> coalesce(p.captured, 0)
    """,
}


def faults(db: Database) -> list[str]:
    """What is wrong with the books, in sentences; empty when every invariant holds."""
    return [says for says, sql in _CHECKS.items() if (db.row(sql) or (0,))[0]]
