"""Where the eye goes in a picture, without weights."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from appliance.media.pictures.border import Floats, resample, to_lab

_WORK_PX = 128
_SPECTRUM_PX = 64  # what the paper takes for the width at which objects, not textures, stand out
_FLAT = 1.0  # ΔE within which a picture is of one colour: what stands out there is arithmetic


def saliency(image: Image.Image) -> Floats:
    """How much each place of an RGB or RGBA picture stands out: by spectrum, by edges and by
    colour, a third each.

    Shape: h×w float32 in 0…1, at most 128 px a side. What is transparent is 0.
    Source: Hou and Zhang 2007, spectral residual, for the first third.
    """
    scale = min(1.0, _WORK_PX / max(image.size))
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    small = np.asarray(image.resize(size, Image.Resampling.BOX, reducing_gap=2.0))
    lab = to_lab(np.ascontiguousarray(small[..., :3]))
    if np.ptp(lab, axis=(0, 1)).max() < _FLAT:
        return np.zeros(lab.shape[:2], np.float32)
    light = lab[..., 0]
    across, down = (cv2.Scharr(light, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    apart = np.linalg.norm(lab - np.median(lab, axis=(0, 1)), axis=2)
    told = [_share(_residual(light)), _share(np.hypot(across, down)), _share(apart)]
    seen = np.asarray(sum(told) / len(told), np.float32)
    if small.shape[2] == 4:
        seen *= small[..., 3].astype(np.float32) / 255
    return seen


def _residual(light: Floats) -> Floats:
    """What is left of the spectrum without its own local mean, back in the picture."""
    spectrum = np.fft.fft2(resample(light, (_SPECTRUM_PX, _SPECTRUM_PX)))
    strength = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    odd = strength - cv2.blur(strength, (3, 3))
    back = np.abs(np.fft.ifft2(np.exp(odd + 1j * np.angle(spectrum)))) ** 2
    soft = np.asarray(cv2.GaussianBlur(back.astype(np.float32), (0, 0), 2.5), np.float32)
    return resample(soft, (light.shape[1], light.shape[0]))


def _share(values: Floats) -> Floats:
    """0…1, where the strongest hundredth counts alike: a single spot must not outweigh the rest."""
    low, high = np.percentile(values, (1, 99))
    if high - low < 1e-6:
        return np.zeros_like(values)
    return np.asarray(((values - low) / (high - low)).clip(0, 1), np.float32)
