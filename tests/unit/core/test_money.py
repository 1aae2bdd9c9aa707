from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.core.money import ZERO, Money, Per, Quantity, Quote, Rate, rate, usd

amounts = st.builds(Money, st.integers(-(10**15), 10**15))


def test_a_tenth_and_two_tenths_are_exactly_three_tenths():
    assert usd("0.1") + usd("0.2") == usd("0.3")


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0"),
        (1, "0.000001"),
        (2_000, "0.002"),
        (800_000, "0.8"),
        (1_000_000, "1"),
        (10_000_000, "10"),
        (9_998_000, "9.998"),
        (-500_000, "-0.5"),
        (1_234_567_000_000, "1234567"),
    ],
)
def test_an_amount_is_written_without_trailing_zeros(micros, text):
    assert Money(micros).usd() == text


@given(amounts)
def test_an_amount_survives_being_written_and_read(amount):
    assert usd(amount.usd()) == amount


@given(amounts, amounts)
def test_sums_and_differences_are_exact(one, other):
    assert (one + other) - other == one
    assert one + (-one) == ZERO
    assert (one < other) == (one.micros < other.micros)


@pytest.mark.parametrize(
    "text", ["", "1,5", "0.0000001", "1e3", "NaN", "inf", " 1", "1 ", "1\n", "--1", "$1", "1."]
)
def test_what_is_no_amount_in_usd_is_refused(text):
    with pytest.raises(ValueError, match="not an amount"):
        usd(text)


def test_only_nothing_is_falsy():
    assert not ZERO
    assert Money(1)
    assert Money(-1)


@pytest.mark.parametrize(("amount", "seen"), [("0.10", 10), ("10", 1000), ("0", 0), ("0.002", 0.2)])
def test_an_amount_is_seen_as_credits_whole_ones_as_integers(amount, seen):
    credits = usd(amount).credits(usd("0.01"))

    assert credits == seen
    assert type(credits) is type(seen)


@pytest.mark.parametrize("credits", [1, 0.2, 5000, 0.0001, 12345.6789])
def test_credits_are_worth_what_they_are_seen_as(credits):
    assert Money.of_credits(credits, usd("0.01")).credits(usd("0.01")) == credits


@pytest.mark.parametrize("credits", [0.00001, 1.00001])
def test_a_part_of_a_micro_dollar_is_no_amount(credits):
    with pytest.raises(ValueError, match="whole number of micro-USD"):
        Money.of_credits(credits, usd("0.01"))


@given(
    st.integers(0, 10**9),
    st.sampled_from(Per),
    st.integers(1, 4),
    st.integers(0, 10**7),
    st.integers(0, 10**5),
)
@example(5_400, Per.MINUTE, 1, 10_000, 0)
def test_a_price_is_the_exact_one_rounded_up_once(micros, per, pictures, millis, centimegapixels):
    quantity = Quantity(
        pictures=pictures,
        seconds=Decimal(millis) / 1000,
        megapixels=Decimal(centimegapixels) / 100,
    )
    counted = {
        Per.JOB: Fraction(1),
        Per.PICTURE: Fraction(pictures),
        Per.SECOND: Fraction(millis, 1000),
        Per.MINUTE: Fraction(millis, 60_000),
        Per.MEGAPIXEL: Fraction(centimegapixels, 100),
    }[per]

    assert Rate(Money(micros), per).of(quantity) == Money(math.ceil(micros * counted))


@pytest.mark.parametrize(
    ("text", "amount", "per"),
    [
        ("0.10", "0.10", Per.JOB),
        ("0.10/picture", "0.10", Per.PICTURE),
        ("0.005 / minute", "0.005", Per.MINUTE),
        ("0.25/second", "0.25", Per.SECOND),
        ("1/megapixel", "1", Per.MEGAPIXEL),
    ],
)
def test_a_rate_is_read_as_config_writes_it(text, amount, per):
    assert rate(text) == Rate(usd(amount), per)


@pytest.mark.parametrize(
    "text",
    ["", "/picture", "0.10/week", "0.10/", "free", "0.10/picture/second", "-0.10/picture"],
)
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(ValueError, match=r"not an amount|after the slash|below nothing"):
        rate(text)


def test_a_quote_is_the_price_and_what_made_it():
    quote = Quote(rate("0.60/minute"), Quantity(seconds=Decimal("100")))

    assert quote.price == usd("1")
    assert quote.record() == {"usd": "0.6", "per": "minute", "quantity": 1.666667}
    assert Quote(rate("0.1"), Quantity(pictures=4)).record()["quantity"] == 1


def test_count_multiplies_a_price_by_the_picture_only():
    assert rate("0.10/picture").of(Quantity(pictures=4)) == usd("0.4")
    assert rate("0.10").of(Quantity(pictures=4)) == usd("0.1")
