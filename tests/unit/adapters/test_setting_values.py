from __future__ import annotations

import pytest

from appliance.adapters.setting_values import check, fitting


@pytest.mark.parametrize(
    ("value", "wanted", "found"),
    [
        (5, int, 5),
        (5, float, 5.0),
        ("a", str, "a"),
        ([1, 2], tuple[int, ...], (1, 2)),
        (["a"], tuple[str, ...], ("a",)),
        ([], tuple[str, ...], ()),
    ],
)
def test_a_value_becomes_the_kind_that_is_wanted(value, wanted, found):
    assert fitting(value, wanted) == found
    assert type(fitting(value, wanted)) is type(found)


@pytest.mark.parametrize(
    ("value", "wanted", "says"),
    [
        (True, int, "a whole number"),
        (True, float, "a number"),
        ("1", int, "a whole number"),
        ([1.5], tuple[int, ...], "a list of whole numbers"),
        ([True], tuple[int, ...], "a list of whole numbers"),
        ("a", tuple[str, ...], "a list of texts"),
    ],
)
def test_another_kind_is_refused_in_words(value, wanted, says):
    with pytest.raises(ValueError, match=says):
        fitting(value, wanted)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("prices", "tools.qr", "0.10/picture"),
        ("billing", "credit_usd", "0.01"),
        ("outbound", "lan", ("192.168.1.0/24", "fd12::/16")),
        ("outbound", "plain_hosts", ("nas.studio.local", "192.168.1.7", "fd12::7")),
        ("webhooks", "jobs_retries_s", (0, 5)),
        ("server", "host", "anything"),
        ("worker", "gpus", (0,)),
        ("worker", "gpus", (3, 1)),
    ],
)
def test_a_value_that_can_be_used_passes(section, key, value):
    check(section, key, value)


@pytest.mark.parametrize(
    ("section", "key", "value", "says"),
    [
        ("prices", "tools.qr", "free", "USD"),
        ("prices", "tools.qr", "-1", "below nothing"),
        ("billing", "credit_usd", "0", "more than nothing"),
        ("outbound", "lan", ("127.0.0.0/8",), "never asked"),
        ("outbound", "lan", ("0.0.0.0/0",), "never asked"),
        ("outbound", "lan", ("169.254.169.254",), "never asked"),
        ("outbound", "lan", ("nas",), "nas"),
        ("outbound", "lan", ("192.168.1.7/24",), "host bits"),
        ("outbound", "plain_hosts", ("http://nas",), "names of hosts"),
        ("outbound", "plain_hosts", ("nas:8080",), "names of hosts"),
        ("outbound", "plain_hosts", ("",), "names of hosts"),
        ("webhooks", "studio_retries_s", (5, -1), "none below 0"),
        ("worker", "gpus", (), "at least one GPU"),
        ("worker", "gpus", (0, -1), "from 0 on"),
        ("worker", "gpus", (1, 1), "each once"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_words(section, key, value, says):
    with pytest.raises(ValueError, match=says):
        check(section, key, value)
