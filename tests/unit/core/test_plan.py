from __future__ import annotations

import pytest

from appliance.core.errors import InvalidInput
from appliance.core.plan import Plan, covers, read_plan


def test_a_plan_that_says_nothing_has_everything_but_keys_by_api():
    assert read_plan(Plan(), {}) == Plan(("*",), ("*",), False, {})


def test_what_a_plan_says_is_laid_over_what_it_was():
    before = Plan(operations=("image.*",), limits={"tools_an_hour": 60, "concurrent_jobs": 1})
    given = {"models": ["tiny"], "keys_by_api": True, "limits": {"concurrent_jobs": 2}}

    after = read_plan(before, given)

    assert after == Plan(("tiny",), ("image.*",), True, {"tools_an_hour": 60, "concurrent_jobs": 2})
    assert before.limits["concurrent_jobs"] == 1


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("all", "table"),
        ({"colour": "red"}, "no setting 'colour'. It has: models"),
        ({"models": "*"}, "lists of texts"),
        ({"operations": [5]}, "lists of texts"),
        ({"keys_by_api": 1}, "true or false"),
        ({"limits": {"all": 1}}, "no limit 'all'"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(bad, says):
    with pytest.raises(InvalidInput, match=says):
        read_plan(Plan(), bad)


@pytest.mark.parametrize(
    ("patterns", "names", "covered"),
    [
        (("*",), ("voice.clone",), True),
        (("*", "!voice.clone"), ("voice.clone",), False),
        (("*", "!voice.clone"), ("voice.speak",), True),
        (("!voice.clone",), ("voice.speak",), False),
        (("image.*",), ("image.upscale",), True),
        (("image.*",), ("imagery.upscale",), False),
        ((), ("image.upscale",), False),
        # a model by its id and the name asked for
        (("tiny",), ("tiny", "dall-e-3"), True),
        (("*", "!dall-e-3"), ("tiny", "dall-e-3"), False),
    ],
)
def test_patterns_take_in_and_leave_out(patterns, names, covered):
    assert covers(patterns, *names) is covered
