"""Everything that can be asked for has a price in config.toml, also where it is free."""

from __future__ import annotations

from pathlib import Path

from appliance.adapters.config import CHECKOUT, load_settings
from appliance.operations import discover
from appliance.services.money import pricing
from appliance.web.app import _families
from tests.support.box import opened_box


def test_every_operation_and_every_route_has_a_price(tmp_path: Path) -> None:
    prices = load_settings(CHECKOUT, {}).prices
    with opened_box(tmp_path, catalogue=discover()) as box:
        rows = [row for family in _families(box).values() for row in family.submissions]

        missing = sorted({row.price for row in rows} - prices.keys())

        assert not missing, f"[prices] has nothing for {', '.join(missing)}"
        pricing.check_operations(box)
