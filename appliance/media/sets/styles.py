"""The sets a product can be put in, by name: a ground, what is behind it, how it shines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.media.sets import backdrops
from appliance.media.sets.backdrops import Backdrop, paper, room, wall
from appliance.media.sets.meadow import meadow
from appliance.media.sets.noise import Floats, Random, ramp
from appliance.media.sets.stage import Stage, ground
from appliance.media.sets.surfaces import surface


@dataclass(frozen=True)
class Style:
    """A set. `surface`: the ground's, None where ground and wall are one paper. `span`: picture
    sides a tile of it covers. `gloss` 0…1: how much of the product the ground mirrors. `shade`
    0…1: how dark shadows are on it.
    """

    behind: Backdrop
    surface: str | None = None
    span: float = 1.0
    gloss: float = 0.0
    shade: float = 0.75
    grows: Callable[[Floats, Stage, Random], None] | None = None


STYLES: dict[str, Style] = {
    "studio-white": Style(paper("#FAFAFA", "#FFFFFF", glow=0.06), gloss=0.05, shade=0.5),
    "studio-grey": Style(paper("#8E9093", "#C9CACC", glow=0.5), shade=0.65),
    "studio-black": Style(paper("#0B0B0D", "#26272B", glow=1.1), gloss=0.22, shade=0.9),
    "marble": Style(paper("#D9D8D6", "#EDECEA"), "marble", 0.95, gloss=0.12),
    "marble-black": Style(paper("#1B1B1E", "#3A3A3E", glow=0.9), "marble-black", 0.95, gloss=0.22),
    "marble-green": Style(paper("#D8CFC2", "#EFE8DD"), "marble-green", 0.95, gloss=0.16),
    "wood": Style(paper("#DAD2C6", "#EDE7DE"), "oak", 1.0, gloss=0.03),
    "wood-dark": Style(wall("plaster", tone=0.62), "walnut", 1.0, gloss=0.05),
    "wood-white": Style(paper("#D8E0E2", "#EEF1F0"), "whitewash", 1.0),
    "concrete": Style(wall("concrete"), "concrete", 1.15),
    "plaster": Style(wall("plaster"), "plaster", 1.15),
    "terrazzo": Style(paper("#D9B6A3", "#EBCFBF"), "terrazzo", 0.8, gloss=0.07),
    "slate": Style(paper("#4A4D50", "#777A7C", glow=0.6), "slate", 1.0),
    "fabric": Style(paper("#D6CCBC", "#E9E1D4"), "linen", 0.75),
    "satin": Style(paper("#D9BFB3", "#EBD8CE"), "satin", 1.7),
    "velvet": Style(paper("#141F36", "#2C3F63", glow=0.7), "velvet", 1.7),
    "sand": Style(paper("#DCC7A3", "#F0E3C8"), "sand", 0.9),
    "beach": Style(backdrops.shore, "sand", 0.9),
    "outdoor": Style(backdrops.garden, "sand", 0.8, shade=0.6, grows=meadow),
    "terrace": Style(backdrops.garden, "oak", 1.0, gloss=0.03),
    "lifestyle": Style(room("#D9C9B2", "#FFF3DC", "#6B543F"), "oak", 1.0, gloss=0.04),
    "kitchen": Style(room("#DDE3E1", "#FFFFFF", "#7C8A8C"), "marble", 0.95, gloss=0.12),
    "gradient-grey": Style(paper("#A9ACB0", "#E6E7E9", glow=0.3), gloss=0.06, shade=0.55),
    "gradient-warm": Style(paper("#F2A97E", "#FBE3C8", glow=0.3), gloss=0.06, shade=0.55),
    "gradient-cool": Style(paper("#7FA8D6", "#DCEAF5", glow=0.3), gloss=0.06, shade=0.55),
    "gradient-mint": Style(paper("#8CCBB4", "#E2F3EA", glow=0.3), gloss=0.06, shade=0.55),
    "gradient-rose": Style(paper("#E79FB0", "#F9DFE3", glow=0.3), gloss=0.06, shade=0.55),
    "gradient-lilac": Style(paper("#A597D8", "#E7E1F6", glow=0.3), gloss=0.06, shade=0.55),
    "gradient-sunset": Style(paper("#7E5FA8", "#F7B58C", glow=0.35), gloss=0.08, shade=0.6),
    "gradient-night": Style(paper("#0E1430", "#3B4A86", glow=0.8), gloss=0.18, shade=0.85),
}


def build(style: Style, stage: Stage, seed: int) -> Floats:
    """The set of a style for a stage, without the product: H×W×3 float32 in linear light, 0…1.

    The same style, stage and seed give the same pixels.
    """
    built = _standing(style, stage, np.random.default_rng(seed))
    return np.asarray(np.clip(built, 0, 1), np.float32)


def paper_of(text: str) -> Backdrop:
    """Paper of one colour, #RRGGBB, a little lighter where the light falls."""
    return paper(text, text, glow=0.12)


def in_front_of(photo: Floats, stage: Stage) -> Floats:
    """A picture of the stage's size as the set: lit no further, darker towards its corners."""
    return np.asarray(photo * _vignette(stage, 0.08), np.float32)


def _standing(style: Style, stage: Stage, random: Random) -> Floats:
    if style.surface is None:
        return _seamless(style, stage, random)
    floor = ground(surface(style.surface, random), stage, style.span * stage.side)
    floor *= _falling(stage)
    if style.grows is not None:
        style.grows(floor, stage, random)
    if stage.above:
        return np.asarray(floor * _vignette(stage, 0.14), np.float32)
    floor = _focused(floor, stage)
    behind = style.behind(stage, random)
    soft = 0.004 * stage.height + 1
    below = ramp(stage.rows(), stage.edge - soft, stage.edge + soft)[..., None]
    # The far edge of a table is lit from behind it and meets the backdrop in a thin dark line.
    dark = 1 - 0.25 * np.exp(-(((stage.rows() - stage.edge) / (2.2 * soft)) ** 2))[..., None]
    mixed = (behind + (floor - behind) * below) * dark
    return np.asarray(mixed * _vignette(stage, 0.14), np.float32)


def _seamless(style: Style, stage: Stage, random: Random) -> Floats:
    """Paper that bends from the wall to the floor: no line anywhere."""
    whole = style.behind(stage, random)
    if stage.above:
        return np.asarray(whole * _vignette(stage, 0.05), np.float32)
    bow = ramp(stage.rows(), stage.edge - 0.12 * stage.height, stage.base)[..., None]
    bend = stage.rows() - stage.edge
    fold = np.exp(-((bend / (0.10 * stage.height)) ** 2))[..., None]
    tone = 1 + bow * (_falling(stage) - 1) * 0.6 - (0.035 if style.shade > 0.5 else 0.012) * fold
    return np.asarray(whole * tone * _vignette(stage, 0.03 + 0.1 * (style.shade > 0.5)), np.float32)


def _falling(stage: Stage) -> Floats:
    """How the light falls on the ground: brightest before the product on the light's side."""
    right, _up, front = stage.light.towards
    across = (stage.columns() - stage.middle) / stage.width
    down = (stage.rows() - stage.base) / stage.height
    slope = 1 + 0.30 * right * across + 0.12 * front * down
    far = np.exp(-((across - 0.25 * right) ** 2 / 0.55 + down**2 / 0.5))
    return np.asarray((slope * (0.80 + 0.26 * far))[..., None], np.float32)


def _focused(floor: Floats, stage: Stage) -> Floats:
    """Sharp where the product stands, softer the farther from there."""
    behind = np.clip((stage.base - stage.rows()) / max(stage.base - stage.edge, 1), 0, 1)
    before = np.clip((stage.rows() - stage.base) / max(stage.height - stage.base, 1), 0, 1)
    wanted = np.maximum(behind**1.3, 0.45 * before**2)[..., None]
    first = max(0, int(stage.edge) - 8)
    part = floor[first:]
    soft = cv2.GaussianBlur(part, (0, 0), max(0.5, 0.0045 * stage.side))
    floor[first:] = part + (soft - part) * wanted[first:]
    return floor


def _vignette(stage: Stage, strength: float) -> Floats:
    across = (stage.columns() / stage.width - 0.5) * 2
    down = (stage.rows() / stage.height - 0.5) * 2
    return np.asarray(1 - strength * (across**2 + down**2)[..., None] / 2, np.float32)
