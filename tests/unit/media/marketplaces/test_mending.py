from __future__ import annotations

import numpy as np
import pytest

from appliance.media.marketplaces.book import book
from appliance.media.marketplaces.mending import floor_px, plan_for, room_for
from appliance.media.pictures.cutout import Cutout

MARKETS = book().marketplaces


def product(longest, frame=None):
    side = frame or longest + 40
    alpha = np.zeros((side, side), np.float32)
    alpha[20 : 20 + longest, 20 : 20 + longest // 2] = 1
    colours = np.zeros((side, side, 3), np.uint8)
    return Cutout(alpha, colours, 1.0, plain=True, touching=0.0, methods=("border",))


def planned(longest, *names):
    return plan_for(product(longest), [MARKETS[name] for name in names])


def test_a_large_product_gets_the_recommended_side():
    plan = planned(2400, "amazon", "tiktok")

    assert (plan.preset.width, plan.preset.margin) == (2000, 0.06)
    assert (plan.served, plan.enlarged, plan.why) == (("amazon", "tiktok"), 1.0, {})


def test_a_smaller_one_gets_the_side_that_it_fills_by_itself():
    plan = planned(1000, "amazon")

    assert plan.preset.width == 1136
    assert plan.enlarged == 1.0


def test_to_reach_a_floor_it_is_enlarged_a_little():
    plan = planned(400, "amazon")

    assert plan.preset.width == 500
    assert plan.enlarged == pytest.approx(500 / 454)


def test_beyond_that_it_is_refused_with_the_figures():
    plan = planned(400, "walmart")

    assert (plan.preset, plan.served) == (None, ())
    assert "454 px" in plan.why["walmart"]
    assert "1500 px" in plan.why["walmart"]


def test_who_cannot_be_served_does_not_hinder_the_others():
    plan = planned(600, "walmart", "ebay")

    assert plan.served == ("ebay",)
    assert list(plan.why) == ["walmart"]


def test_sides_stay_below_what_the_strictest_takes():
    assert planned(7000, "shopify").preset.width == 2048
    assert planned(7000, "amazon", "walmart").preset.width == 2200


def test_floors_and_room_come_from_the_rules():
    assert floor_px(MARKETS["walmart"]) == 1500
    assert floor_px(MARKETS["etsy"]) == 64
    assert room_for(MARKETS["walmart"], MARKETS["shopify"]) == 4_950_000
