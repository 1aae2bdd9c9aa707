from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from appliance.adapters.config import SettingsError
from appliance.core.errors import InvalidInput
from appliance.core.files import Facts
from appliance.core.money import Quantity, Rate, rate, usd
from appliance.core.operation import Catalogue
from appliance.operations import discover
from appliance.services.files import uploads
from appliance.services.jobs import claiming, reading
from appliance.services.jobs.estimating import estimate
from appliance.services.money.pricing import (
    check_operations,
    check_priced,
    in_credits,
    of_credits,
    quote,
    rate_of,
)
from appliance.web.app import create_app
from tests.support.box import Card, Frame, ask, card, claim, opened_box, put_upload, submit
from tests.support.personas import move_in

PRICELESS = dataclasses.replace(card, name="test.priceless")


def price_of(box, entry: str, model: str | None, quantity: Quantity):
    return quote(box, entry, model, quantity).price


def test_an_entry_charges_its_rate(box):
    assert price_of(box, "test.card", None, Quantity(pictures=3)) == usd("0.3")
    assert price_of(box, "test.frame", None, Quantity(pictures=3)) == usd("0.02")


def test_a_model_of_its_own_price_charges_that(box):
    assert price_of(box, "test.paint", "dear", Quantity()) == usd("2")
    assert price_of(box, "test.paint", "oil", Quantity()) == usd("0.5")
    assert rate_of(box, "test.paint") == Rate(usd("0.5"))


def test_a_model_may_be_free_where_its_route_is_not(tmp_path):
    with opened_box(tmp_path, **{"prices__test.paint:gift": "0"}) as box:
        assert price_of(box, "test.paint", "gift", Quantity()) == usd("0")


def test_what_lacks_a_price_is_named_at_the_start(tmp_path):
    with opened_box(tmp_path) as box:
        check_operations(box)
        check_priced(box, ["test.card", "test.paint"])

        with pytest.raises(SettingsError, match=r'for test\.a, test\.b\. .* "test\.a" = "0"'):
            check_priced(box, ["test.b", "test.card", "test.a", "test.a"])


def test_a_box_does_not_start_with_an_operation_that_has_no_price(tmp_path):
    with opened_box(tmp_path, catalogue=Catalogue([*discover(), PRICELESS])) as box:
        for begin in (check_operations, create_app):
            with pytest.raises(SettingsError, match=r"native\.test\.priceless"):
                begin(box)


def test_an_entry_that_nobody_checked_is_a_bug(box):
    with pytest.raises(KeyError):
        rate_of(box, "test.nothing")


def test_every_price_of_config_toml_can_be_read(box):
    for text in box.settings.prices.values():
        assert rate(text).amount.micros >= 0


def test_credits_are_money_seen_through_their_worth(tmp_path):
    with opened_box(tmp_path, billing__credit_usd="0.05") as box:
        assert in_credits(box, usd("1")) == 20
        assert in_credits(box, usd("0.01")) == 0.2
        assert of_credits(box, 0.2) == usd("0.01")


def test_a_length_that_no_header_told_is_not_charged_as_nothing(tmp_path):
    with opened_box(tmp_path, **{"prices__test.frame": "0.01/second"}) as box:
        with pytest.raises(InvalidInput, match="charged by the second"):
            quote(box, "test.frame", None, Quantity())
        assert quote(box, "test.frame", None, Quantity(seconds=Decimal("0.001"))).price.micros == 10


def test_what_is_free_is_free_whatever_is_known_of_it(tmp_path):
    with opened_box(tmp_path, **{"prices__test.frame": "0/second"}) as box:
        assert not quote(box, "test.frame", None, Quantity()).price


def framed(box, persona, facts: Facts) -> dict[str, Any]:
    """What a request for a frame round a file of these facts has."""
    upload = uploads.find(box, persona.account, put_upload(box, persona.account))
    return {"params": Frame(dataclasses.replace(upload, facts=facts))}


@pytest.mark.parametrize(
    ("rate", "facts", "price", "shown"),
    [
        ("0.01/second", Facts(seconds=12.5), "0.125", {"per": "second", "quantity": 12.5}),
        ("0.60/minute", Facts(seconds=90.0), "0.9", {"per": "minute", "quantity": 1.5}),
        ("0.60/minute", Facts(seconds=0.001), "0.00001", {"per": "minute", "quantity": 1.7e-05}),
        ("0.02/megapixel", Facts(2000, 1500), "0.06", {"per": "megapixel", "quantity": 3}),
        ("0.02/megapixel", Facts(1, 1), "0.000001", {"per": "megapixel", "quantity": 1e-06}),
        ("0.02", Facts(2000, 1500, 12.5), "0.02", {"per": "job", "quantity": 1}),
    ],
)
def test_admission_quotes_what_the_headers_of_the_files_say(tmp_path, rate, facts, price, shown):
    with opened_box(tmp_path, **{"prices__test.frame": rate}) as box:
        ada = move_in(box).ada
        request = ask(ada.actor, "test.frame", **framed(box, ada, facts))
        assert estimate(box, request).price == usd(price)

        job = submit(box, ada.actor, "test.frame", **framed(box, ada, facts))

        assert job.price == usd(price)
        assert job.quote == {"usd": usd(rate.partition("/")[0]).usd(), **shown}


def test_an_unknown_length_is_refused_at_admission_and_nothing_is_kept(tmp_path):
    with opened_box(tmp_path, **{"prices__test.frame": "0.01/second"}) as box:
        ada = move_in(box).ada

        with pytest.raises(InvalidInput):
            submit(box, ada.actor, "test.frame", **framed(box, ada, Facts(8, 4)))
        assert box.db.row("SELECT count(*) FROM job") == (0,)
        assert box.db.row("SELECT count(*) FROM hold") == (0,)


def test_a_job_keeps_its_quote_whatever_the_book_says_later(tmp_path):
    with opened_box(tmp_path) as before:
        ada = move_in(before).ada
        job = submit(before, ada.actor, params=Card("Hello", count=3))
        claimed = claim(before)
    with opened_box(tmp_path, **{"prices__test.card": "9/picture"}) as after:
        claiming.retry_or_fail(after, claimed)
        claim(after)
        kept = reading.job_by_id(after, job.id)

        assert (kept.price, kept.attempt) == (usd("0.3"), 2)
        assert kept.quote == {"usd": "0.1", "per": "picture", "quantity": 3}
