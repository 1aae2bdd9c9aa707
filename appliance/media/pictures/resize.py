"""Resizing, in the five ways that sharp gave names to."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from appliance.media.pictures.matte import read_colour

Size = tuple[int, int]  # width, height in px


@dataclass(frozen=True)
class Plan:
    """How to get from a picture to the wanted size: scale it, then centre it on the canvas.

    Where the canvas is smaller than the scaled picture, the picture is cropped.
    """

    scaled: Size
    canvas: Size


def plan(size: Size, width: int | None, height: int | None, fit: str) -> Plan:
    """What it takes to make a picture of `size` `width` × `height` large.

    `fit`: cover (fill both, cropping what sticks out), contain (all of it inside both, borders
    added), fill (stretch to both), inside (as large as fits into both, no borders), outside (as
    small as covers both, no cropping). With one side given the other follows the picture's shape.
    Small pictures are enlarged. Raises ValueError for another `fit`.
    Source: the `fit` option of sharp's `resize`.
    """
    if fit not in FITS:
        raise ValueError(f"{fit!r} is none of {', '.join(FITS)}")
    if width is None and height is None:
        return Plan(size, size)
    if width is None or height is None:
        scale = width / size[0] if width else (height or 0) / size[1]
        one = (width or _times(size[0], scale), height or _times(size[1], scale))
        return Plan(one, one)
    wanted = (width, height)
    if fit == "fill":
        return Plan(wanted, wanted)
    scales = (width / size[0], height / size[1])
    scale = min(scales) if fit in ("contain", "inside") else max(scales)
    scaled = (_times(size[0], scale), _times(size[1], scale))
    return Plan(scaled, wanted if fit in ("contain", "cover") else scaled)


FITS = ("cover", "contain", "fill", "inside", "outside")


def _times(side: int, scale: float) -> int:
    return max(1, round(side * scale))


def resized(image: Image.Image, how: Plan, *, border: str = "transparent") -> Image.Image:
    """The RGB or RGBA picture after `how`; borders get `border`, and alpha with it if that is not
    opaque. Itself if there is nothing to do. Filter: Lanczos, over premultiplied colours.
    """
    if image.size != how.scaled:
        image = image.resize(how.scaled, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if how.canvas != how.scaled:
        image = _centred(image, how.canvas, border)
    return image


def _centred(image: Image.Image, canvas: Size, border: str) -> Image.Image:
    left, top = (canvas[0] - image.width) // 2, (canvas[1] - image.height) // 2
    if left <= 0 and top <= 0:
        return image.crop((-left, -top, canvas[0] - left, canvas[1] - top))
    colour = read_colour(border)
    mode = "RGBA" if image.mode == "RGBA" or colour[3] < 255 else "RGB"
    ground = Image.new(mode, canvas, colour if mode == "RGBA" else colour[:3])
    ground.paste(image, (left, top))
    return ground
