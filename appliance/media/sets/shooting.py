"""A product photographed in a set: an angle, a light, a framing; one picture of a series."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from appliance.core.picture import Picture
from appliance.media.pictures.cutout import Cutout
from appliance.media.pictures.fitting import resize
from appliance.media.pictures.matte import over
from appliance.media.sets.composing import laid, mirror
from appliance.media.sets.lighting import tint
from appliance.media.sets.noise import Floats, Random, colour, to_levels, to_linear
from appliance.media.sets.relighting import relit_colours
from appliance.media.sets.shadows import Cast, shadow
from appliance.media.sets.stage import Light, Stage
from appliance.media.sets.styles import STYLES, Style, build, in_front_of, paper_of

_SEEN = 0.1  # alpha from which on a pixel counts as part of the product's box


@dataclass(frozen=True)
class Angle:
    """How the camera looks. `lean` as in Stage. `fill`: the share of the picture's side that the
    product's larger side takes. `at`: its middle's column and its foot's row, as shares. `edge`:
    the row where the ground ends, as a share; below 0 none.
    """

    lean: float
    fill: float
    at: tuple[float, float]
    edge: float


@dataclass(frozen=True)
class Lighting:
    """A light and what it does to the set. `ambient`: the share of light from everywhere;
    `sky`: that one's temperature in kelvin; `fall` 0…1: how much darker it is away from the light.
    """

    light: Light
    cast: Cast
    ambient: float
    sky: float = 6500.0
    fall: float = 0.25


ANGLES = {
    "front": Angle(0.12, 0.60, (0.5, 0.80), 0.68),
    "hero": Angle(0.07, 0.74, (0.5, 0.88), 0.80),
    "45-degree": Angle(0.62, 0.56, (0.5, 0.77), -0.1),
    "top-down": Angle(1.0, 0.58, (0.5, 0.79), -0.1),
    "lifestyle": Angle(0.26, 0.44, (0.40, 0.78), 0.55),
}
LIGHTINGS = {
    "studio": Lighting(Light(-40, 50, 0.5), Cast("cast", 0.6, 0.55), 0.65, fall=0.12),
    "natural": Lighting(
        Light(-62, 38, 0.65, 5600), Cast("cast", 0.62, 0.45), 0.5, sky=7400, fall=0.4
    ),
    "dramatic": Lighting(
        Light(-82, 30, 1.4, 5400), Cast("cast", 0.9, 0.12), 0.10, sky=7200, fall=0.95
    ),
    "soft": Lighting(Light(-12, 64, 0.3), Cast("cast", 0.42, 1.0), 0.8, fall=0.12),
    "golden-hour": Lighting(
        Light(-68, 14, 0.95, 3300), Cast("cast", 0.62, 0.3), 0.42, sky=8200, fall=0.5
    ),
}
_FLAT_LAYS = ("marble", "fabric", "wood-white", "terrazzo", "plaster")


@dataclass(frozen=True)
class Shot:
    """One picture of a series of square ones. `background`: a style's name, flat-lay, #RRGGBB, or a
    picture that fills the frame. `series`: the seed they share; `number` counts from 0.
    """

    background: str | Picture
    angle: str
    lighting: str
    side: int
    series: int
    number: int = 0


@dataclass(frozen=True, eq=False)
class Taken:
    """The picture, how many times the product was enlarged, and the stage it stands on."""

    picture: Picture
    scale: float
    stage: Stage


def shoot(cutout: Cutout, shot: Shot) -> Taken:
    """Take it: RGB, `side` × `side`. The same cut-out and shot give the same pixels.

    Later numbers differ from the first in framing, in the side of the light and in the set's seed.
    The product is always seen as in its photo: only ground, framing and light follow the angle.
    Raises KeyError for an unknown name, ValueError for an empty cut-out.
    """
    random = np.random.default_rng((shot.series, shot.number))
    lighting = _turned(LIGHTINGS[shot.lighting], shot.number, random)
    placed, stage, scale = _framed(cutout, shot, lighting.light, random)
    colours = relit_colours(placed, lighting.light)
    style, linear = _set(shot, stage, random)
    dark = shadow(placed.alpha, stage, replace(lighting.cast, opacity=_opacity(lighting, style)))
    linear = _lit(linear, stage, lighting) * (1 - dark[..., None])
    if style.gloss > 0 and not stage.above:
        mirror(linear, replace(placed, colours=colours), stage, style.gloss)
    pixels = laid(colours, placed.alpha, to_levels(linear))
    return Taken(Picture(pixels), scale, stage)


def contact_sheet(pictures: list[Picture], side: int) -> Picture:
    """The pictures side by side on white, two in a row from the third on; cells of `side` px."""
    columns = len(pictures) if len(pictures) < 3 else 2
    rows, gap = -(-len(pictures) // columns), max(2, side // 40)
    sheet = np.full((rows * (side + gap) + gap, columns * (side + gap) + gap, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top, left = gap + row * (side + gap), gap + column * (side + gap)
        sheet[top : top + side, left : left + side] = resize(picture, side, side).pixels
    return Picture(sheet)


def _opacity(lighting: Lighting, style: Style) -> float:
    return float(np.clip(lighting.cast.opacity * (0.55 + 0.6 * style.shade), 0, 0.95))


def _turned(lighting: Lighting, number: int, random: Random) -> Lighting:
    """The light of a later picture: from the other side every second time, a little elsewhere."""
    if number == 0:
        return lighting
    side = -1 if number % 2 else 1
    light = replace(
        lighting.light,
        azimuth=side * lighting.light.azimuth + float(random.uniform(-9, 9)),
        elevation=lighting.light.elevation + float(random.uniform(-3, 3)),
    )
    return replace(lighting, light=light)


def _framed(
    cutout: Cutout, shot: Shot, light: Light, random: Random
) -> tuple[Cutout, Stage, float]:
    """The cut-out scaled and placed in its frame, the stage, how many times it was enlarged."""
    look = ANGLES["top-down" if shot.background == "flat-lay" else shot.angle]
    left, top, wide, tall = cv2.boundingRect((cutout.alpha > _SEEN).astype(np.uint8))
    if not wide:
        raise ValueError("there is nothing in the cut-out")
    later = min(shot.number, 1)
    fill = ANGLES[shot.angle].fill * (1 + later * random.uniform(-0.25, 0.05))
    side, across = shot.side, look.at[0] + later * random.uniform(-0.12, 0.12)
    scale = fill * side / max(wide, tall)
    size = (max(1, round(wide * scale)), max(1, round(tall * scale)))
    x = round(np.clip(across * side - size[0] / 2, 0.04 * side, 0.96 * side - size[0]))
    foot = look.at[1] if not look.lean >= 1 else 0.5 + size[1] / side / 2
    y = round(min(foot * side, 0.95 * side)) - size[1]
    box = (slice(top, top + tall), slice(left, left + wide))
    placed = _placed(cutout, box, size, (x, y), side)
    edge = look.edge * side if look.edge > 0 else 0.0
    stage = Stage(side, side, x, y, *size, look.lean, edge, light)
    return placed, stage, scale


def _placed(
    cutout: Cutout, box: tuple[slice, slice], size: tuple[int, int], at: tuple[int, int], side: int
) -> Cutout:
    alpha = np.rint(cutout.alpha[box] * 255).astype(np.uint8)
    layer = Image.fromarray(np.dstack([cutout.colours[box], alpha]))
    scaled = np.asarray(layer.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
    colours, mask = np.zeros((side, side, 3), np.uint8), np.zeros((side, side), np.float32)
    part = (slice(at[1], at[1] + size[1]), slice(at[0], at[0] + size[0]))
    colours[part], mask[part] = scaled[..., :3], scaled[..., 3] / np.float32(255)
    return replace(cutout, alpha=mask, colours=colours)


def _set(shot: Shot, stage: Stage, random: Random) -> tuple[Style, Floats]:
    seed = int(random.integers(2**31))
    if isinstance(shot.background, Picture):
        fitted = over(resize(shot.background, stage.width, stage.height).pixels, "#FFFFFF")
        return Style(paper_of("#FFFFFF"), gloss=0.03), in_front_of(to_linear(fitted), stage)
    if shot.background.startswith("#"):
        plain = Style(paper_of(shot.background), gloss=0.05, shade=_shade_on(shot.background))
        return plain, build(plain, stage, seed)
    name = shot.background
    if name == "flat-lay":
        name = _FLAT_LAYS[shot.series % len(_FLAT_LAYS)]
    return STYLES[name], build(STYLES[name], stage, seed)


def _shade_on(text: str) -> float:
    """Shadows are deeper on dark paper, or nobody would see them."""
    return float(np.clip(0.9 - 0.45 * colour(text).mean(), 0.4, 0.9))


def _lit(linear: Floats, stage: Stage, lighting: Lighting) -> Floats:
    """The set under the same light as the product: warm where it falls, of the sky's tint else."""
    right, _up, _front = stage.light.towards
    across = (stage.columns() - stage.middle) / stage.width
    down = (stage.rows() - (stage.base - 0.4 * stage.tall)) / stage.height
    toward = across - 0.32 * np.sign(right) * lighting.fall
    pool = np.exp(-lighting.fall * 2.6 * (toward**2 + 0.8 * down**2))[..., None]
    key = (1 - lighting.ambient) * tint(lighting.light.temperature) * pool
    return np.asarray(linear * (lighting.ambient * tint(lighting.sky) + key), np.float32)
