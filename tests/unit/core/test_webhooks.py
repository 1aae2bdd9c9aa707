from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from appliance.core.errors import InvalidInput
from appliance.core.webhooks import (
    EVENTS,
    Verdict,
    new_secret,
    passes,
    pause_s,
    read_events,
    read_filter,
    signed_headers,
    verdict,
    wish_s,
)

SCHEDULE = (5, 300, 1800)


def test_a_secret_has_256_bits_and_is_never_the_same():
    one, other = new_secret(), new_secret()

    assert one.startswith("whsec_")
    assert len(b64decode(one.removeprefix("whsec_"))) == 32
    assert one != other


@given(st.text())
def test_what_is_signed_is_verified_by_the_standards_own_package(text):
    secret, body = new_secret(), f'"{text.encode().hex()}"'.encode()

    headers = signed_headers("msg_1", datetime.now(UTC), body, [secret])

    assert Webhook(secret).verify(body, headers) == text.encode().hex()


def test_two_secrets_both_sign_and_a_third_does_not():
    one, other = new_secret(), new_secret()
    headers = signed_headers("msg_1", datetime.now(UTC), b"{}", [one, other])

    assert Webhook(one).verify(b"{}", headers) == Webhook(other).verify(b"{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(b"{}", headers)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_nothing_that_is_signed_can_be_changed(changed):
    secret, now = new_secret(), datetime.now(UTC)
    signed = signed_headers("msg_1", now, b"{}", [secret])
    others = {"webhook-id": "msg_2", "webhook-timestamp": str(int(now.timestamp()) + 7)}
    headers = signed | {name: value for name, value in others.items() if name == changed}

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(b"[]" if changed == "body" else b"{}", headers)


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (299, Verdict.DELIVERED),
        (199, Verdict.AGAIN),
        (301, Verdict.AGAIN),
        (302, Verdict.AGAIN),
        (400, Verdict.AGAIN),
        (410, Verdict.GONE),
        (429, Verdict.AGAIN),
        (500, Verdict.AGAIN),
        (None, Verdict.AGAIN),
    ],
)
def test_only_200_to_299_counts_and_410_ends_it(status, means):
    assert verdict(status) is means


def test_each_failure_is_followed_by_its_pause_and_the_last_by_none():
    pauses = [pause_s(SCHEDULE, tries, wish_s=None, draw=0.0) for tries in (1, 2, 3, 4)]

    assert pauses == [5, 300, 1800, None]


@given(st.floats(0, 1), st.integers(1, 3))
def test_chance_adds_a_tenth_at_most(draw, tries):
    pause = pause_s(SCHEDULE, tries, wish_s=None, draw=draw)

    assert SCHEDULE[tries - 1] <= pause <= SCHEDULE[tries - 1] * 1.1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wednesday, 21-Oct-26 07:29:00 GMT", 60.0),  # as HTTP once had it
        ("Wed, 21 Oct 2026 09:29:00 +0200", 60.0),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0.0),  # over already
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("٣", None),
        ("9" * 40, None),
        ("Wed, 99 Oct 2026 07:28:30 GMT", None),
        ("Wed, 21 Oct 9999999 07:28:30 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_moment(header, seconds):
    assert wish_s(header, datetime(2026, 10, 21, 7, 28, 0, tzinfo=UTC)) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_brings_anybody_down(header):
    wish = wish_s(header, datetime(2026, 10, 21, tzinfo=UTC))

    assert wish is None or wish >= 0


@pytest.mark.parametrize(
    ("wish_s", "pause"), [(0.0, 5), (4.0, 5), (60.0, 60), (86400.0, 86400), (9e9, 86400)]
)
def test_a_receiver_that_asks_for_more_time_gets_it_up_to_a_day(wish_s, pause):
    assert pause_s(SCHEDULE, 1, wish_s=wish_s, draw=0.0) == pause


@pytest.mark.parametrize(
    ("wanted", "passing"),
    [
        ({}, True),
        ({"family": ["studio"]}, True),
        ({"family": ["jobs"]}, False),
        ({"family": ["jobs", "studio"], "type": ["image"]}, True),
        ({"family": ["studio"], "type": ["video"]}, False),
        ({"environment": ["test"]}, False),
    ],
)
def test_an_event_passes_that_is_all_that_is_wanted(wanted, passing):
    assert passes(wanted, {"family": "studio", "type": "image", "environment": "live"}) is passing


def test_an_event_without_a_job_is_not_held_up_for_having_none():
    facts = {"family": None, "type": None, "environment": "live"}

    assert passes({"family": ["studio"]}, facts)
    assert not passes({"family": ["studio"], "environment": ["test"]}, facts)


def test_events_are_read_once_each():
    assert read_events(["job.failed", "job.failed"]) == ("job.failed",)
    assert read_events(list(EVENTS)) == EVENTS


@pytest.mark.parametrize(
    "given", [None, [], "job.failed", ["job.begun"], [1], [["job.failed"]], {}]
)
def test_events_that_there_are_not_are_refused(given):
    with pytest.raises(InvalidInput) as refused:
        read_events(given)

    assert refused.value.field == "events"


def test_a_filter_is_read():
    assert read_filter({"family": ["studio"]}) == {"family": ["studio"]}
    assert read_filter({}) == {}


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {"key": ["a"]},
        {"family": "studio"},
        {"family": []},
        {"family": [1]},
        {"family": ["x" * 101]},
        {"type": ["a"] * 21},
    ],
)
def test_a_filter_of_another_form_is_refused(given):
    with pytest.raises(InvalidInput) as refused:
        read_filter(given)

    assert refused.value.field == "filter"
