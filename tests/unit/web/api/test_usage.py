from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from appliance.web.api import usage
from tests.support.box import completed
from tests.unit.web.api.small_app import small_app


@pytest.fixture
def client(box) -> FlaskClient:
    return small_app(box, usage.add)[0].test_client()


def done(box, persona) -> None:
    """A job that ended a moment ago."""
    completed(box, persona.actor)
    box.clock.step(seconds=1)


def ask(client, persona, query=""):
    return client.get(f"/api/v1/usage?{query}", headers={"x-api-key": persona.secret})


def test_usage_of_this_month_is_shown_by_day(client, box, ada):
    done(box, ada)

    reply = ask(client, ada).json

    assert reply["data"] == [
        {
            "day": "2026-03-14",
            "jobs": 1,
            "completed": 1,
            "failed": 0,
            "cancelled": 0,
            "seconds": 0,
            "credits": 10,
            "usd": "0.1",
        }
    ]
    assert reply["meta"]["group_by"] == ["day"]
    assert reply["meta"]["since"] == "2026-03-01T00:00:00.000Z"


def test_jobs_are_put_together_by_what_was_asked_for(client, box, ada):
    done(box, ada)

    reply = ask(client, ada, "group_by=operation,model,key,model").json
    (row,) = reply["data"]

    assert reply["meta"]["group_by"] == ["operation", "model", "key"]
    assert (row["operation"], row["model"], row["key"]) == ("test.card", None, ada.key)


def test_the_same_is_given_as_csv_with_headings_also_of_nothing(client, box, ada, cyd):
    done(box, ada)
    reply = ask(client, ada, "group_by=day,operation&format=csv")
    heading = "day,operation,jobs,completed,failed,cancelled,seconds,credits,usd"

    assert reply.mimetype == "text/csv"
    assert reply.text.splitlines() == [heading, "2026-03-14,test.card,1,1,0,0,0.0,10,0.1"]
    nothing = ask(client, cyd, "group_by=day,operation&format=csv")
    assert nothing.text.splitlines() == [heading]


@pytest.mark.parametrize(
    ("query", "jobs"),
    [
        ("since=2026-03-14", 1),
        ("since=2026-03-14&until=2026-03-15", 1),
        ("since=2026-03-15&until=2026-03-16", 0),
        ("until=2026-03-14", 0),
        ("since=2026-03-14T13:00:00%2B02:00", 1),
        ("since=2026-03-14T16:00:00Z&until=2026-03-15", 0),
    ],
)
def test_a_period_is_named_by_days_or_times(client, box, ada, query, jobs):
    done(box, ada)

    assert sum(row["jobs"] for row in ask(client, ada, query).json["data"]) == jobs


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("group_by=week", "group_by"),
        ("group_by=", "group_by"),
        ("group_by=day,,key", "group_by"),
        ("format=xml", "format"),
        ("since=yesterday", "since"),
        ("until=2026-03-14T12:00:00", "until"),
        ("since=2026-03-15&until=2026-03-14", "since"),
        ("since=2024-01-01", "since"),
        ("since=0001-01-01T00:00:00%2B23:59", "since"),
        ("until=9999-12-31T23:59:59-23:59", "until"),
        ("day=today", "day"),
    ],
)
def test_a_question_that_cannot_be_answered_names_its_field(client, ada, query, field):
    reply = ask(client, ada, query)

    assert (reply.status_code, reply.json["error"]["field"]) == (422, field)
