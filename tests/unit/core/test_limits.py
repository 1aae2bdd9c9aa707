from __future__ import annotations

import pytest

from appliance.core.errors import InvalidInput
from appliance.core.limits import CLASSES, COUNTS, check_rate, read_limits, read_quota


@pytest.mark.parametrize(
    "rate", ["1 per 1 second", "10 per minute", "5 per 10 seconds", "200 per 1 hour"]
)
def test_a_rate_is_so_many_in_so_long(rate):
    assert check_rate("generation", rate) == rate


@pytest.mark.parametrize(
    "bad",
    [
        *(None, 10, True, "", "often", "10", "10/minute", "0 per 1 minute", "1 per 0 minute"),
        *("-1 per 1 minute", "1 per 2 hours", "1 per 1 day", "1 per 1 minute\n", "10 per 99999 s"),
    ],
)
def test_a_rate_that_cannot_be_is_refused_by_name(bad):
    with pytest.raises(InvalidInput, match="webhooks must be a rate") as caught:
        check_rate("webhooks", bad)
    assert caught.value.field == "limits"


def test_every_class_and_count_may_be_limited():
    limits = dict.fromkeys(CLASSES, "1 per 1 hour") | dict.fromkeys(COUNTS, 0)

    assert read_limits(limits) == limits
    assert read_limits({}) == {}


@pytest.mark.parametrize(
    "bad",
    [
        *(None, [], "5 per minute", {"all": 1}, {"generation": 5}, {"concurrent_jobs": "2"}),
        *({"concurrent_jobs": -1}, {"concurrent_jobs": True}, {"tools_an_hour": 1.5}, {5: 5}),
        {"concurrent_jobs": 10**10},
    ],
)
def test_limits_that_cannot_be_are_refused(bad):
    with pytest.raises(InvalidInput) as caught:
        read_limits(bad)
    assert caught.value.field == "limits"


@pytest.mark.parametrize("quota", [{"calls": 0}, {"usd": "0.5"}, {"calls": 5, "usd": "10"}])
def test_a_quota_is_of_calls_or_money_or_both(quota):
    assert read_quota(quota) == quota


@pytest.mark.parametrize(
    "bad",
    [
        *(None, {}, [], "10", {"all": 1}, {"calls": -1}, {"calls": True}, {"calls": 1.5}),
        *({"calls": "5"}, {"usd": 10}, {"usd": "ten"}, {"usd": "-1"}, {"usd": None}),
    ],
)
def test_a_quota_that_cannot_be_is_refused(bad):
    with pytest.raises(InvalidInput) as caught:
        read_quota(bad)
    assert caught.value.field == "quota"
