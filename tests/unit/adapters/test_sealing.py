from __future__ import annotations

import pytest

from appliance.adapters.sealing import Unreadable, seal, unseal

SECRET = "sa_live_Q4R9S6T3W5X1Y0ZABC0123456789abcdefgh"


def test_what_was_sealed_is_read_again_with_its_secret():
    assert unseal(SECRET, seal(SECRET, b"whsec_1", b"about"), b"about") == b"whsec_1"


def test_nothing_of_the_content_is_to_be_seen_and_no_two_seals_are_alike():
    one, other = (seal(SECRET, b"whsec_1" * 9, b"about") for _ in range(2))

    assert b"whsec" not in one
    assert one != other


@pytest.mark.parametrize(
    ("secret", "about", "keep"),
    [
        (SECRET + "x", b"about", 99),
        (SECRET, b"other", 99),
        (SECRET, b"about", 20),
        (SECRET, b"", 0),
    ],
)
def test_another_secret_another_matter_and_damage_are_told(secret, about, keep):
    sealed = seal(SECRET, b"whsec_1", b"about")

    with pytest.raises(Unreadable):
        unseal(secret, sealed[:keep], about)
