"""Random fields that tile: the same at their left and right edge, at their top and bottom."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Random = np.random.Generator


def fractal(
    random: Random,
    shape: tuple[int, int],
    slope: float = 2.0,
    *,
    waves: tuple[float, float] = (1.0, 1e9),
    stretch: tuple[float, float] = (1.0, 1.0),
) -> Floats:
    """Noise whose amplitude falls with frequency to the power `slope` / 2 and a half.

    `waves`: fewest and most per side that it holds. `stretch`: how many times longer than usual its
    forms are (across, down). H×W float32 of mean 0 and deviation 1; 2 is cloud-like, 0 white.
    Source: spectral synthesis, Saupe 1988.
    """
    height, width = shape
    down = np.fft.fftfreq(height, 1 / height).astype(np.float32)[:, None] * stretch[1]
    across = np.fft.rfftfreq(width, 1 / width).astype(np.float32)[None, :] * stretch[0]
    frequency = np.hypot(down, across)
    kept = (frequency >= waves[0]) & (frequency <= waves[1])
    amplitude = np.where(kept, np.maximum(frequency, 1) ** (-(slope + 1) / 2), 0)
    spectrum = np.fft.rfft2(random.standard_normal(shape, np.float32)) * amplitude
    field = np.fft.irfft2(spectrum, shape).astype(np.float32)
    return np.asarray((field - field.mean()) / max(float(field.std()), 1e-6), np.float32)


def moved(field: Floats, across: Floats | float, down: Floats | float) -> Floats:
    """The field read `across` and `down` px away from each place, around its edges.

    H×W or H×W×3 float32; the offsets are H×W or one number.
    """
    height, width = field.shape[:2]
    x = np.asarray(np.arange(width, dtype=np.float32)[None, :] + across, np.float32)
    y = np.asarray(np.arange(height, dtype=np.float32)[:, None] + down, np.float32)
    x, y = (np.ascontiguousarray(each, np.float32) for each in np.broadcast_arrays(x, y))
    read = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(read, np.float32)


def blurred(field: Floats, sigma: float) -> Floats:
    """The field through a Gaussian of `sigma` px, around its edges."""
    if sigma < 0.3:
        return field
    reach = min(int(3 * sigma) + 1, *field.shape[:2])
    around = cv2.copyMakeBorder(field, reach, reach, reach, reach, cv2.BORDER_WRAP)
    soft = cv2.GaussianBlur(around, (0, 0), sigma)
    return np.asarray(soft[reach:-reach, reach:-reach], np.float32)


def sloped(relief: Floats, strength: float) -> Floats:
    """How much light from the upper left a relief catches at each place: 1 where it is flat."""
    across = moved(relief, 1, 0) - moved(relief, -1, 0)
    down = moved(relief, 0, 1) - moved(relief, 0, -1)
    return np.asarray(np.clip(1 + strength * (across + down), 0.3, 1.7), np.float32)


def ramp(values: Floats, low: float, high: float) -> Floats:
    """0 below `low`, 1 above `high`, smooth between (the other way round if `low` is larger)."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def mixed(one: Floats, other: Floats, share: Floats) -> Floats:
    """Colours between two: H×W×3 or 3, by a share H×W."""
    return np.asarray(one + (other - one) * share[..., None], np.float32)


def colour(text: str) -> Floats:
    """`#RRGGBB` in linear light, 0…1: 3 float32."""
    return to_linear(np.frombuffer(bytes.fromhex(text.removeprefix("#")), np.uint8))


def to_linear(levels: NDArray[np.uint8]) -> Floats:
    """SRGB levels in linear light, 0…1. Source: IEC 61966-2-1."""
    return _LINEAR[levels]


def to_levels(linear: Floats) -> NDArray[np.uint8]:
    """Linear light as sRGB levels, with a fixed grain of half a level against bands: H×W×3."""
    steps = len(_LEVELS) - 1
    finely = _LEVELS[(np.clip(linear, 0, 1) * steps).astype(np.uint16)]
    grain = np.random.default_rng(1).random((256, 256, 1), np.float32)
    height, width = linear.shape[:2]
    grained = np.tile(grain, (-(-height // 256), -(-width // 256), 1))[:height, :width]
    return np.asarray((finely + grained).astype(np.uint8))


def _linear_of(srgb: Floats) -> Floats:
    return np.asarray(
        np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4), np.float32
    )


def _levels_of(linear: Floats) -> Floats:
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(srgb * 254.999, np.float32)


_LINEAR = _linear_of(np.linspace(0, 1, 256, dtype=np.float32))
_LEVELS = _levels_of(np.linspace(0, 1, 1 << 16, dtype=np.float32))
