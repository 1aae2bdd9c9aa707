"""Colours as sRGB, eight bits a channel: profiles applied, odd sample formats scaled."""

from __future__ import annotations

import io
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

# What an integer or float sample counts as white, by Pillow's mode: the smallest that holds all.
_WHITES: dict[str, tuple[float, ...]] = {
    "I": (65535.0, 4294967295.0),
    "F": (1.0, 255.0, 65535.0, 4294967295.0),
}
_PROFILE_DATE = slice(24, 36)
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


def to_srgb(image: Image.Image) -> Image.Image:
    """The loaded picture as RGB or RGBA in sRGB, eight bits, straight alpha; itself if it is so.

    The embedded ICC profile is applied; without one (or with a damaged one, or one of another
    colour model) the samples count as sRGB. 16-bit, 32-bit and float greys are scaled to white.
    """
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    profile = image.info.get("icc_profile") or b""
    plain = _eight_bit(image)
    colours = _through_profile(plain, profile) if isinstance(profile, bytes) else None
    if colours is None:
        colours = _lab_to_rgb(plain) if plain.mode == "LAB" else _without_alpha(plain)
    if alpha is not None:
        colours = colours.copy() if colours is image else colours
        colours.putalpha(alpha)
    return colours


def _without_alpha(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return _as_rgb(image)
    # Straight from RGBA the colours under transparent pixels stay what the file says.
    return Image.merge("RGB", image.convert("RGBA").split()[:3])


def _as_rgb(image: Image.Image) -> Image.Image:
    # Of a picture in RGB `convert` makes a copy.
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _scaled(np.asarray(image.convert("I")), (65535.0,))
    if image.mode in _WHITES:
        return _scaled(np.asarray(image), _WHITES[image.mode])
    return image


def _scaled(samples: NDArray[np.generic], whites: tuple[float, ...]) -> Image.Image:
    values = np.nan_to_num(samples.astype(np.float64))
    top = float(values.max(initial=0.0))
    white = next((each for each in whites if top <= each), top)
    return Image.fromarray(np.rint(values.clip(0, None) * (255 / white)).astype(np.uint8))


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    if not profile:
        return None
    known = _transform(profile)
    if known is None or (known.mode == "CMYK") != (image.mode == "CMYK"):
        return None
    base = image if known.mode == image.mode else _without_alpha(image).convert(known.mode)
    if known.transform is None:
        return _as_rgb(base)
    return ImageCms.applyTransform(base, known.transform)


class _Known:
    """A profile understood: the mode it takes, and its way to sRGB (None: it is sRGB)."""

    def __init__(self, mode: str, transform: ImageCms.ImageCmsTransform | None) -> None:
        self.mode, self.transform = mode, transform


@lru_cache(maxsize=4)
def _transform(profile: bytes) -> _Known | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _PROFILE_MODES[source.profile.xcolor_space.strip()]
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, KeyError, TypeError, ValueError):
        return None
    return _Known(mode, None if _changes_nothing(mode, transform) else transform)


def _changes_nothing(mode: str, transform: ImageCms.ImageCmsTransform) -> bool:
    # Most pictures carry sRGB itself; running it through would cost a rounding level and time.
    if mode not in ("RGB", "L"):
        return False
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 16, 3)
    before = Image.fromarray(grid if mode == "RGB" else grid[..., 0].copy())
    after = ImageCms.applyTransform(before, transform)
    assert after is not None
    told = np.asarray(before.convert("RGB")).astype(np.int16)
    return bool(np.abs(np.asarray(after).astype(np.int16) - told).max() <= 1)


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    done = ImageCms.profileToProfile(
        image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert done is not None
    return done


@cache
def srgb_profile() -> bytes:
    """The ICC profile of sRGB to embed in files; the same bytes every time."""
    told = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # It is made anew with the current time inside; equal pixels must give equal files.
    told[_PROFILE_DATE] = bytes.fromhex("07e9 0001 0001 0000 0000 0000")
    return bytes(told)
