from __future__ import annotations

import pytest

from appliance.core.money import Quantity, Rate, rate, usd
from appliance.services.money.pricing import in_credits, price_of, rate_of
from tests.support.box import opened_box


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


def test_a_route_without_a_price_is_a_bug(box):
    with pytest.raises(KeyError):
        rate_of(box, "test.nothing")


def test_every_price_of_config_toml_can_be_read(box):
    for text in box.settings.prices.values():
        assert rate(text).amount.micros >= 0


def test_credits_are_money_seen_through_their_worth(tmp_path):
    with opened_box(tmp_path, billing__credit_usd="0.05") as box:
        assert in_credits(box, usd("1")) == 20
        assert in_credits(box, usd("0.01")) == 0.2
