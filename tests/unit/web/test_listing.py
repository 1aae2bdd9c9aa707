from __future__ import annotations

import pytest
from flask import Flask

from appliance.core.errors import InvalidInput
from appliance.web.listing import listed

ROWS = [{"id": f"row_{n}"} for n in range(120, 0, -1)]


def find(limit, cursor):
    start = next(n for n, row in enumerate(ROWS) if row["id"] == cursor) + 1 if cursor else 0
    return ROWS[start : start + limit]


def page(query=""):
    with Flask("test").test_request_context(f"/?{query}"):
        return listed(find, dict).json


def test_a_list_shows_fifty_and_says_where_it_goes_on():
    first = page()

    assert first["data"] == ROWS[:50]
    assert page(f"limit=100&cursor={first['meta']['next_cursor']}") == {
        "data": ROWS[50:],
        "meta": {"next_cursor": None},
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("cursor=", "cursor")],
)
def test_a_list_is_asked_for_rightly_or_refused_by_name(query, field):
    with pytest.raises(InvalidInput) as caught:
        page(query)
    assert caught.value.field == field
