"""A framing that pleases as many marketplaces as one picture can, without making pixels up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.media.marketplaces.book import Marketplace, Preset
from appliance.media.pictures.cutout import Cutout
from appliance.media.pictures.frame import bounds

MOST_ENLARGED = 1.5  # times: beyond that a shop's zoom shows that the detail is made up
_METADATA_BYTES = 50_000  # left free for what the box writes into its files


@dataclass(frozen=True)
class Plan:
    """What can be made. `preset`: None where nothing can; `served`: the marketplaces it is for;
    `enlarged`: how many times the product gets larger, at least 1; `most_bytes` of the file;
    `why`: for the others, by name, what stands in the way.
    """

    preset: Preset | None
    served: tuple[str, ...]
    enlarged: float
    most_bytes: int
    why: dict[str, str]


def plan_for(cutout: Cutout, markets: Sequence[Marketplace]) -> Plan:
    """A square frame, for the marketplaces of `markets` whose smallest size the product allows.

    It is as large as the marketplaces recommend where the product need not be enlarged for that;
    else as large as the product fills by itself, or as the largest floor asks. To reach a floor the
    product is enlarged at most 1.5 times. `cutout` holds something.
    """
    box = bounds(cutout)
    margin = min(market.preset.margin for market in markets)
    own = math.floor(max(box.width, box.height) / (1 - 2 * margin))
    why = {each.name: _too_small(each, own) for each in markets}
    why = {name: text for name, text in why.items() if text}
    served = [each for each in markets if each.name not in why]
    if not served:
        return Plan(None, (), 1.0, 0, why)
    wished = max(each.preset.width for each in served)
    floor = max(floor_px(each) for each in served)
    side = min(max(min(wished, own), floor), *map(_ceiling, served))
    form, quality = _format(served), min(each.preset.quality for each in served)
    preset = Preset(side, side, margin, "#FFFFFF", form, quality)
    names = tuple(each.name for each in served)
    return Plan(preset, names, max(1.0, side / own), room_for(*served), why)


def floor_px(market: Marketplace) -> int:
    """The smallest side of a square picture that the marketplace takes."""
    floors = (market.limit(name, "at_least") for name in ("longest_px", "shortest_px", "width_px"))
    return max(64, math.ceil(max((each for each in floors if each is not None), default=64)))


def room_for(*markets: Marketplace) -> int:
    """The most bytes that each of the marketplaces takes, less what the box writes about it."""
    limits = (each.most_bytes for each in markets)
    return min((limit for limit in limits if limit), default=2**31) - _METADATA_BYTES


def _ceiling(market: Marketplace) -> int:
    megapixels = market.limit("megapixels", "at_most")
    sides = [market.limit("longest_px", "at_most"), 8000.0]
    sides += [math.sqrt(megapixels * 1e6)] if megapixels else []
    return math.floor(min(each for each in sides if each is not None))


def _format(markets: Sequence[Marketplace]) -> str:
    """The format of the first preset; the file of rules lets every marketplace take it."""
    return markets[0].preset.format


def _too_small(market: Marketplace, own: int) -> str:
    floor = floor_px(market)
    if floor <= MOST_ENLARGED * own:
        return ""
    return (
        f"The product is too small: by itself it fills a frame of {own} px, {market.title} takes "
        f"{floor} px or more, and it is enlarged at most {MOST_ENLARGED:g} times. Photograph it "
        "larger, or enlarge it with upscale first."
    )
