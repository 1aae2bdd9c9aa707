from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.signing import (
    SigningKeys,
    Ticket,
    expiry,
    key_digest,
    key_hint,
    new_api_key,
    sign,
    verified,
    well_formed,
)

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
KEYS = SigningKeys("k2", {"k1": b"1" * 32, "k2": b"2" * 32})
TICKET = Ticket("/files/job_1-0/photo.png", int(NOW.timestamp()) + 60, "photo.png")
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def signature(ticket: Ticket = TICKET, keys: SigningKeys = KEYS) -> tuple[str, str]:
    query = parse_qs(sign(ticket, keys))
    return query["kid"][0], query["sig"][0]


def test_a_link_is_good_as_it_was_given():
    assert verified(TICKET, *signature(), KEYS, NOW)


@pytest.mark.parametrize(
    "changed",
    [
        replace(TICKET, path="/files/job_1-1/photo.png"),
        replace(TICKET, path="/files/job_1-0/Photo.png"),
        replace(TICKET, expires=TICKET.expires + 1),
        replace(TICKET, download="photo.html"),
    ],
)
def test_a_link_over_anything_else_is_refused(changed):
    assert not verified(changed, *signature(), KEYS, NOW)


def test_a_link_under_another_key_is_refused():
    _, sig = signature()

    assert not verified(TICKET, "k1", sig, KEYS, NOW)
    assert not verified(TICKET, "k9", sig, KEYS, NOW)
    assert not verified(TICKET, "", sig, KEYS, NOW)


def test_a_link_of_a_rotated_out_key_holds_until_it_expires():
    old = SigningKeys("k1", KEYS.by_kid)

    assert verified(TICKET, *signature(keys=old), KEYS, NOW)


def test_a_link_of_a_key_that_is_gone_is_refused():
    assert not verified(TICKET, *signature(), SigningKeys("k1", {"k1": b"1" * 32}), NOW)


def test_a_link_is_over_in_the_second_it_expires():
    kid, sig = signature()
    end = datetime.fromtimestamp(TICKET.expires, UTC)

    assert verified(TICKET, kid, sig, KEYS, end - timedelta(microseconds=1))
    assert not verified(TICKET, kid, sig, KEYS, end)


@pytest.mark.parametrize("position", range(43))
def test_any_other_letter_in_the_signature_is_refused(position):
    kid, sig = signature()
    other = "A" if sig[position] != "A" else "B"

    assert not verified(TICKET, kid, sig[:position] + other + sig[position + 1 :], KEYS, NOW)


@pytest.mark.parametrize("bad", ["", "=", "ñ" * 43, "A" * 10_000, "\ud800"])
def test_what_is_no_signature_is_refused_and_breaks_nothing(bad):
    assert not verified(TICKET, "k2", bad, KEYS, NOW)


@given(
    st.timedeltas(timedelta(0), timedelta(days=90)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=7)),
)
def test_a_link_has_between_half_a_life_and_a_whole_one_left(age, life):
    left = expiry(NOW, NOW + age, life) - (NOW + age).timestamp()

    # Whole seconds: up to one is lost.
    assert life.total_seconds() / 2 - 1 <= left <= life.total_seconds()


@given(st.floats(0, 43_199.9), st.integers(0, 20))
def test_a_link_is_repeated_within_half_a_life(seconds, halves):
    life, half = timedelta(hours=24), timedelta(hours=12)
    start = NOW + halves * half

    assert expiry(NOW, start + timedelta(seconds=seconds), life) == expiry(NOW, start, life)
    assert expiry(NOW, start + half, life) == expiry(NOW, start, life) + 43_200


def test_a_link_asked_for_before_its_file_was_born_lives_one_life():
    before = NOW - timedelta(hours=1)

    assert expiry(NOW, before, timedelta(hours=24)) == int(NOW.timestamp()) + 86_400


@pytest.mark.parametrize("environment", ["live", "test"])
def test_a_fresh_key_has_the_documented_form_and_is_well_formed(environment):
    key = new_api_key(environment)

    assert key.startswith(f"sa_{environment}_")
    assert len(key.rpartition("_")[2]) == 36
    assert well_formed(key)


@given(st.data())
def test_a_key_with_one_letter_wrong_is_not_well_formed(data):
    key = new_api_key("live")
    place = data.draw(st.integers(len("sa_live_"), len(key) - 1))
    letter = data.draw(st.sampled_from([ch for ch in BASE62 if ch != key[place]]))

    assert not well_formed(key[:place] + letter + key[place + 1 :])


@given(st.data())
def test_a_key_with_two_neighbours_swapped_is_not_well_formed(data):
    key = new_api_key("live")
    place = data.draw(st.integers(len("sa_live_"), len(key) - 2))
    swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]

    assert well_formed(swapped) == (swapped == key)


@given(st.text(max_size=80))
def test_any_text_may_be_asked_about_as_a_key(text):
    assert not well_formed(text)


@pytest.mark.parametrize(
    "spoil", [str.upper, lambda key: key[:-1], lambda key: key + "0", "\n".join]
)
def test_a_key_of_another_form_is_not_well_formed(spoil):
    assert not well_formed(spoil(new_api_key("live")))


def test_a_live_key_does_not_become_a_test_key_by_its_prefix():
    assert not well_formed(new_api_key("live").replace("live", "test"))


def test_two_keys_differ_and_so_do_their_digests():
    one, other = new_api_key("live"), new_api_key("live")

    assert key_digest(one) == key_digest(one)
    assert key_digest(one) != key_digest(other)
    assert len(key_digest(one)) == 32


def test_the_hint_shows_four_letters_of_the_secret():
    key = new_api_key("test")

    assert key_hint(key) == key[: len("sa_test_") + 4] + "…"
