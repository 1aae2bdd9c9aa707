from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from appliance.media.formats import WRITES
from appliance.media.marketplaces import book as module
from appliance.media.marketplaces.book import (
    MARKETPLACES,
    BadRules,
    Rule,
    book,
    read_book,
)

SHIPPED = json.loads(Path(module.__file__).with_name("rules.json").read_text("utf-8"))


def changed(*path: str | int, value: Any) -> str:
    told = copy.deepcopy(SHIPPED)
    place = told
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(told)


def test_the_shipped_rules_are_dated_and_name_every_marketplace():
    assert book().checked.isoformat() == "2026-11-21"
    assert tuple(book().marketplaces) == MARKETPLACES


@pytest.mark.parametrize("name", MARKETPLACES)
def test_every_rule_has_a_source_a_way_out_and_a_requirement(name):
    for rule in book().marketplaces[name].rules:
        assert len(rule.source) > 8
        assert rule.fix
        assert "{" not in rule.fix
        assert rule.required


@pytest.mark.parametrize("name", MARKETPLACES)
def test_a_preset_keeps_the_rules_that_can_be_told_beforehand(name):
    market = book().marketplaces[name]
    look = market.preset
    told = {
        "longest_px": max(look.width, look.height),
        "shortest_px": min(look.width, look.height),
        "width_px": look.width,
        "megapixels": look.width * look.height / 1e6,
        "aspect": max(look.width, look.height) / min(look.width, look.height),
        "format": look.format,
        "fill": 1 - 2 * look.margin,
    }

    broken = [r.rule for r in market.rules if r.measure in told and not r.kept_by(told[r.measure])]

    assert broken == []
    assert look.format in WRITES


def test_every_marketplace_takes_what_the_others_presets_write():
    written = {market.preset.format for market in book().marketplaces.values()}

    for market in book().marketplaces.values():
        taken = [rule.one_of for rule in market.rules if rule.measure == "format"]
        assert written <= set(taken[0])


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("checked",), "yesterday", "no date"),
        (("extra",), 1, "unknown extra"),
        (("marketplaces", "bazaar"), {}, "in that order"),
        (("marketplaces", "amazon", "rules"), [], "list of rules"),
        (("marketplaces", "amazon", "rules", 0, "severity"), "fatal", "none of error, warn"),
        (("marketplaces", "amazon", "rules", 0, "source"), "hearsay", "source"),
        (("marketplaces", "amazon", "rules", 0, "measure"), "beauty", "measure"),
        (("marketplaces", "amazon", "rules", 0, "at_most"), 3, "exactly one"),
        (("marketplaces", "amazon", "rules", 0, "at_least"), "500", "number"),
        (("marketplaces", "amazon", "rules", 0, "at_least"), True, "number"),
        (("marketplaces", "amazon", "rules", 1, "rule"), "min_side", "two rules"),
        (("marketplaces", "amazon", "rules", 5, "one_of"), [], "list of texts"),
        (("marketplaces", "amazon", "rules", 6, "is"), "no", "true or false"),
        (("marketplaces", "amazon", "preset", "margin"), 0.6, "between"),
        (("marketplaces", "amazon", "preset", "depth"), 3, "unknown depth"),
        (("marketplaces", "amazon", "title"), " ", "text"),
        (("measures", "fill", "certain"), "maybe", "true or false"),
        (("measures", "unasked"), {"says": "x", "unit": ""}, "no rule asks"),
        (("measures", "aspect"), {"says": "x", "unit": ""}, "no high"),
        (("measures", "aspect", "unit"), 3, "unit"),
        (("measures",), [], "object"),
    ],
)
def test_a_file_that_says_something_odd_is_refused_by_name(path, value, says):
    with pytest.raises(BadRules, match=says):
        read_book(changed(*path, value=value))


def test_what_is_no_json_or_lacks_something_is_refused():
    with pytest.raises(BadRules, match="not JSON"):
        read_book("{")
    with pytest.raises(BadRules, match="lacks measures"):
        read_book('{"checked": "2026-11-21"}')


def rule(**condition: Any) -> Rule:
    return Rule("r", "m", "error", "s", "px", "Do.", **condition)


@pytest.mark.parametrize(
    ("condition", "kept", "broken", "required"),
    [
        ({"at_least": 500}, 500, 499, "at least 500 px"),
        ({"at_most": 10000000}, 10_000_000, 10_000_001, "at most 10000000 px"),
        ({"at_most": 0}, 0, 1, "at most 0 px"),
        ({"one_of": ("jpeg", "png")}, "png", "gif", "one of jpeg, png"),
        ({"one_of": ("rgb8",)}, "rgb8", "cmyk", "rgb8"),
        ({"is_": False}, False, True, "no"),
        ({"is_": True}, True, False, "yes"),
    ],
)
def test_a_rule_is_kept_at_its_bound_and_not_beyond(condition, kept, broken, required):
    assert rule(**condition).kept_by(kept)
    assert not rule(**condition).kept_by(broken)
    assert rule(**condition).required == required


def test_what_could_not_be_measured_keeps_no_rule():
    assert not rule(at_least=0).kept_by(None)
    assert not rule(is_=False).kept_by(None)


def test_limits_are_the_tightest_of_the_errors_only():
    walmart = book().marketplaces["walmart"]

    assert walmart.limit("shortest_px", "at_least") == 1500
    assert walmart.limit("longest_px", "at_most") is None
    assert walmart.most_bytes == 5_000_000
