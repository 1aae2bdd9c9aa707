"""Light on a product: where it comes from in a photo, and what another light would do to it."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.media.pictures.border import resample
from appliance.media.sets.noise import Floats
from appliance.media.sets.relief import normals
from appliance.media.sets.stage import Light

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec. 709, linear
_WHITE_K = 6500.0
_AMBIENT = 0.45  # of the photo's own light that stays under a light of intensity 1
_SHINE, _GLOSS = 0.10, 18.0  # strength and narrowness of the soft highlight


def luminance(linear: Floats) -> Floats:
    """H×W float32 of H×W×3 linear light."""
    return np.asarray(linear @ _LUMA, np.float32)


def tint(kelvin: float) -> Floats:
    """What a light of a colour temperature does to linear red, green and blue: 3 float32.

    1 for each at 6500 K; luminance is kept. Valid 1667…25000 K, beyond that as at the end.
    Source: Kim 2002 (the Planckian locus as polynomials), IEC 61966-2-1 (primaries).
    """
    told = _planckian(kelvin) / _planckian(_WHITE_K)
    return np.asarray(told / float(told @ _LUMA), np.float32)


def relit(linear: Floats, alpha: Floats, light: Light) -> Floats:
    """The product under another light as well: H×W×3 float32 linear → the same, not clipped.

    At intensity 0 it is what it was. Lambert's law with a wrapped edge and a soft highlight, over
    normals guessed from outline and shading; the photo's own light gives way as the new one grows.
    Only meaningful where alpha (H×W float32) is above 0.
    """
    if light.intensity <= 0:
        return linear
    facing = normals(luminance(linear), alpha)
    towards = np.array(light.towards, np.float32)
    lambert = np.clip((facing @ towards + 0.22) / 1.22, 0, None)
    level = max(float(lambert[alpha > 0.5].mean()), 0.18) if (alpha > 0.5).any() else 1.0
    ambient = 1 - (1 - _AMBIENT) * min(light.intensity, 1.0)
    # The mean stays at intensity 1: a light that only grazes the product may not black it out.
    shade = (1 - _AMBIENT) * light.intensity * lambert / level
    half = towards + np.array([0, 0, 1], np.float32)
    half /= max(float(np.linalg.norm(half)), 1e-6)
    shine = np.clip(facing @ half, 0, 1) ** _GLOSS * (_SHINE * light.intensity)
    warm = tint(light.temperature)
    lit = linear * (ambient + shade[..., None] * warm)
    return np.asarray(lit + (shine * luminance(linear) ** 0.5)[..., None] * warm, np.float32)


def found_light(linear: Floats, alpha: Floats) -> Light:
    """The light that a photo's product seems to be lit by, within what looks natural.

    By least squares of its brightness over its normals; from the upper left where that tells
    nothing. H×W×3 and H×W float32.
    """
    height, width = alpha.shape
    scale = min(1.0, 240 / max(height, width))
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    small, solid = resample(linear, size), resample(alpha, size)
    inside = solid > 0.9
    if inside.sum() < 50:
        return Light()
    bright = cv2.GaussianBlur(luminance(small), (0, 0), 2.0)
    facing = normals(np.full_like(bright, 0.5), solid)[inside]
    terms = np.column_stack([facing[:, :2], np.ones(len(facing))])
    told = bright[inside] / max(float(bright[inside].mean()), 1e-4)
    right, up, _ = np.linalg.lstsq(terms, told, rcond=None)[0]
    if abs(right) < 0.04:
        return Light(azimuth=-35.0, elevation=50.0)
    side = float(np.clip(right / 0.5, -1, 1))
    azimuth = float(np.sign(side) * (25 + 40 * abs(side)))
    return Light(azimuth=azimuth, elevation=float(np.clip(48 + 40 * up, 35, 65)))


def _planckian(kelvin: float) -> Floats:
    """Linear sRGB of a black body of luminance 1, before clipping to the gamut's edge."""
    t = float(np.clip(kelvin, 1667, 25000))
    low = t <= 4000
    a = (-0.2661239e9, -0.2343589e6, 0.8776956e3, 0.179910)
    b = (-3.0258469e9, 2.1070379e6, 0.2226347e3, 0.240390)
    x = float(np.dot(a if low else b, (t**-3, t**-2, t**-1, 1)))
    if t <= 2222:
        terms = (-1.1063814, -1.34811020, 2.18555832, -0.20219683)
    elif low:
        terms = (-0.9549476, -1.37418593, 2.09137015, -0.16748867)
    else:
        terms = (3.0817580, -5.87338670, 3.75112997, -0.37001483)
    y = float(np.dot(terms, (x**3, x**2, x, 1)))
    red, green, blue = _TO_RGB @ np.array([x / y, 1.0, (1 - x - y) / y])
    return np.maximum(np.array([red, green, blue], np.float32), np.float32(0.01))


_TO_RGB = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)
