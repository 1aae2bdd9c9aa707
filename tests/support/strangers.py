"""Pictures as strangers send them: turned, transparent, in other colours, moving, huge, tiny."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.support.media import animation, colours, png_bomb, truncated, written


def scene(width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """A red ball on a plain grey ground, right of the middle: H×W×3 uint8."""
    pixels = np.full((height, width, 3), 225, np.uint8)
    at, radius = (width * 5 // 8, height // 2), max(1, min(width, height) // 4)
    cv2.circle(pixels, at, radius, (200, 40, 40), -1, cv2.LINE_AA)
    return pixels


def _phone(folder: Path) -> Path:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 30.0, 0.0)}
    return written(folder, "jpeg", np.rot90(scene(), 1).copy(), exif=exif, quality=90)


def _transparent(folder: Path) -> Path:
    pixels = np.dstack([scene(), np.where(scene()[..., 1] < 100, 255, 0).astype(np.uint8)])
    return written(folder, "png", pixels)


def _cmyk(folder: Path) -> Path:
    path = folder / "cmyk.jpeg"
    Image.fromarray(scene()).convert("CMYK").save(path, quality=92)
    return path


def _deep(folder: Path) -> Path:
    path = folder / "deep.png"
    cv2.imwrite(str(path), scene()[..., ::-1].astype(np.uint16) * 257)
    return path


def _wide_gamut(folder: Path) -> Path:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    lab = ImageCms.profileToProfile(
        Image.fromarray(scene()), ImageCms.createProfile("sRGB"), profile, outputMode="LAB"
    )
    path = folder / "lab.tiff"
    lab.save(path)
    return path


def _heic(folder: Path) -> Path:
    pillow_heif.register_heif_opener(thumbnails=False)
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = 6, "Phone"
    return written(folder, "heic", np.rot90(scene(), 1).copy(), exif=exif.tobytes())


def _panorama(folder: Path) -> Path:
    return written(folder, "jpeg", cv2.resize(scene(1200, 200), (12_000, 2_000)), quality=80)


def _pages(folder: Path) -> Path:
    path = folder / "pages.tiff"
    page = Image.fromarray(scene())
    page.save(path, save_all=True, append_images=[page])
    return path


# By name: what makes it, and width and height as a person sees it.
STRANGERS: dict[str, tuple[Callable[[Path], Path], tuple[int, int]]] = {
    "phone": (_phone, (320, 240)),
    "transparent": (_transparent, (320, 240)),
    "cmyk": (_cmyk, (320, 240)),
    "16-bit": (_deep, (320, 240)),
    "lab": (_wide_gamut, (320, 240)),
    "heic": (_heic, (320, 240)),
    "webp-moving": (lambda folder: animation(folder, "webp"), (24, 24)),
    "gif-moving": (lambda folder: animation(folder, "gif"), (24, 24)),
    "apng": (lambda folder: animation(folder, "png"), (24, 24)),
    "avif": (lambda folder: written(folder, "avif", scene()), (320, 240)),
    "svg": (lambda folder: written(folder, "svg", scene()), (320, 240)),
    "icon": (lambda folder: written(folder, "ico", colours(32, 32, alpha=True)), (32, 32)),
    "pages": (_pages, (320, 240)),
    "panorama": (_panorama, (12_000, 2_000)),
    "1x1": (lambda folder: written(folder, "png", colours(1, 1)), (1, 1)),
    "1x1-clear": (lambda folder: written(folder, "png", colours(1, 1, alpha=True)), (1, 1)),
}
# What nobody can make anything of.
HOSTILE: dict[str, Callable[[Path], Path]] = {
    "cut-jpeg": lambda folder: truncated(written(folder, "jpeg", scene())),
    "cut-png": lambda folder: truncated(written(folder, "png", scene())),
    "cut-webp": lambda folder: truncated(written(folder, "webp", scene())),
    "cut-heic": lambda folder: truncated(written(folder, "heic", scene())),
    "bomb": png_bomb,
}
