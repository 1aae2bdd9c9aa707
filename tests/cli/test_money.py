"""`appliance credits` and `appliance ledger`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.support.running import Appliance


@pytest.fixture
def home(tmp_path: Path) -> Appliance:
    appliance = Appliance(tmp_path)
    appliance.command("init")
    return appliance


def test_money_is_moved_told_and_added_up(home):
    paid = ("credits", "top-up", "25", "--reason", "bank transfer", "--key", "1742")

    assert home.command("credits", "grant", "100") == "5100 credits free"
    assert home.command(*paid) == "7600 credits free"
    assert home.command(*paid) == "done before; 7600 credits free"
    assert home.command("credits", "adjust", "-2.5", "--reason", "typo") == "7350 credits free"
    assert home.command("credits", "grant", "1", "--test") == "1001 credits free"

    book = list(csv.DictReader(io.StringIO(home.command("credits", "statement"))))
    assert [row["after_usd"] for row in book] == ["50", "51", "76", "73.5"]
    assert home.command("ledger", "verify") == "The books are in order."


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("adjust", "-50.01", "--reason", "x"), "Only 50 USD are free"),
        (("top-up", "9", "--reason", "x"), "10 USD at least"),
        (("top-up", "ten", "--reason", "x"), "not an amount in USD"),
        (("refund", "7", "--reason", "x"), "There is no job '7'"),
        (("grant", "1", "--account", "acc_none"), "There is no such account"),
    ],
)
def test_what_cannot_be_moved_is_said_in_a_sentence(home, words, says):
    with pytest.raises(AssertionError, match=says):  # exit status 1
        home.command("credits", *words)
