"""Where a product stands in a picture: the ground, the camera, the light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.media.pictures.border import resample
from appliance.media.sets.noise import Floats

_LENS = 2.2  # focal length in picture sides: a short tele, as product photos are taken with


@dataclass(frozen=True)
class Light:
    """Where the light comes from and how it is. `azimuth` °: 0 from the camera, 90 from the right,
    180 from behind, 270 (or −90) from the left. `elevation` ° above the ground, 0…90. `intensity`
    0 none … 1 as bright as the light there is … 2. `temperature` in kelvin; 6500 is white.
    """

    azimuth: float = -45.0
    elevation: float = 45.0
    intensity: float = 1.0
    temperature: float = 6500.0

    @property
    def towards(self) -> tuple[float, float, float]:
        """Where the light is: to the right, up, towards the camera; of length 1."""
        turn, rise = np.deg2rad(self.azimuth), np.deg2rad(self.elevation)
        flat = float(np.cos(rise))
        return flat * float(np.sin(turn)), float(np.sin(rise)), flat * float(np.cos(turn))


@dataclass(frozen=True)
class Stage:
    """A picture of `width` × `height` px with a product in it. `left`, `top`, `wide`, `tall`: the
    product's box. `lean`: how much of a length that leads away from the camera is seen, 0 (from
    the side) … 1 (from straight above). `edge`: the row where the ground ends and the backdrop
    begins; above the picture if there is none.
    """

    width: int
    height: int
    left: float
    top: float
    wide: float
    tall: float
    lean: float = 0.28
    edge: float = 0.0
    light: Light = Light()

    @property
    def base(self) -> float:
        """The row on which the product stands."""
        return self.top + self.tall

    @property
    def middle(self) -> float:
        """The column of the product's middle."""
        return self.left + self.wide / 2

    @property
    def side(self) -> int:
        """The longer side, px."""
        return max(self.width, self.height)

    @property
    def above(self) -> bool:
        """Whether it is seen from straight above."""
        return self.lean >= 1

    @property
    def vanish(self) -> float:
        """The row where the ground would vanish in the distance."""
        return self.base - self.lean * _LENS * self.side

    def scaled(self, width: int, height: int) -> Stage:
        """The same in a picture of another size, of the same shape or nearly."""
        across, down = width / self.width, height / self.height
        return Stage(
            width,
            height,
            self.left * across,
            self.top * down,
            self.wide * across,
            self.tall * down,
            self.lean,
            self.edge * down,
            self.light,
        )

    def rows(self) -> Floats:
        """The number of each row: H×1 float32."""
        return np.arange(self.height, dtype=np.float32)[:, None]

    def columns(self) -> Floats:
        """The number of each column: 1×W float32."""
        return np.arange(self.width, dtype=np.float32)[None, :]


def stage_of(alpha: Floats, light: Light, *, lean: float = 0.28) -> Stage:
    """The stage of a product where it is in its photo: the ground ends a little behind it.

    `alpha`: H×W float32, 1 = product. Raises ValueError where there is none.
    """
    left, top, wide, tall = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    if not wide:
        raise ValueError("there is no product to stand anywhere")
    height, width = alpha.shape
    room = min(max(0.34 * tall, 0.10 * height), 0.30 * height)
    edge = max(0.12 * height, top + tall - room)
    return Stage(width, height, left, top, wide, tall, lean, edge, light)


def ground(tile: Floats, stage: Stage, span: float) -> Floats:
    """A tile laid over the ground as the camera sees it: H×W×3 float32; rows above `edge` are 0.

    `span`: px that a tile is wide where the product stands. Far rows are read from smaller copies
    of the tile, so that nothing flickers. Source: Williams 1983 (mip maps).
    """
    laid = np.zeros((stage.height, stage.width, 3), np.float32)
    first = max(0, int(stage.edge - 0.02 * stage.height))
    rows, columns = stage.rows()[first:], stage.columns()
    unit = tile.shape[0] / span
    if stage.above:
        near = np.ones_like(rows)
        v = np.broadcast_to(rows * unit, (len(rows), stage.width))
    else:
        depth = max(stage.base - stage.vanish, 1.0)
        near = depth / np.maximum(rows - stage.vanish, 0.02 * depth)
        v = np.broadcast_to(-near * _LENS * stage.side * unit, (len(rows), stage.width))
    u = (columns - stage.middle) * near * unit
    step = np.maximum(np.abs(np.gradient(v[:, 0]))[:, None], near * unit)
    _read(laid[first:], tile, u, v, np.log2(np.maximum(step, 1))[:, 0])
    return laid


def _read(laid: Floats, tile: Floats, u: Floats, v: Floats, level: Floats) -> None:
    """Fill `laid` from copies of the tile, each half as large as the one before."""
    copies = [tile]
    while len(copies) <= int(level.max()) + 1 and copies[-1].shape[0] > 8:
        half = copies[-1].shape[0] // 2
        copies.append(resample(copies[-1], (half, half)))
    for number, copy in enumerate(copies):
        share = np.clip(1 - np.abs(np.minimum(level, len(copies) - 1) - number), 0, 1)
        used = np.flatnonzero(share > 0)
        if not used.size:
            continue
        part = slice(used[0], used[-1] + 1)
        side, scale = copy.shape[0], np.float32(0.5**number)
        x, y = np.mod(u[part] * scale, side), np.mod(v[part] * scale, side)
        seen = cv2.remap(
            copy,
            np.asarray(x, np.float32),
            np.asarray(y, np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        )
        laid[part] += seen * share[part, None, None].astype(np.float32)
