"""Pictures as strangers send them: turned, transparent, in other colours, moving, huge, tiny."""

from __future__ import annotations

import struct
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


def _progressive(folder: Path) -> Path:
    return written(folder, "jpeg", scene(), quality=92, progressive=True)


def _palette(folder: Path) -> Path:
    """256 colours, of which that of the ground is transparent."""
    path = folder / "palette.png"
    image = Image.fromarray(scene()).quantize(255)
    image.save(path, transparency=image.getpixel((5, 5)))
    return path


def _grey_alpha(folder: Path) -> Path:
    path = folder / "grey.png"
    grey = Image.fromarray(scene()).convert("LA")
    grey.putalpha(Image.fromarray(np.where(scene()[..., 1] < 100, 255, 0).astype(np.uint8)))
    grey.save(path)
    return path


def _adobe_rgb(folder: Path) -> Path:
    return written(folder, "jpeg", scene(), quality=95, icc_profile=adobe_rgb())


def adobe_rgb() -> bytes:
    """An ICC profile of the primaries and the gamma of Adobe RGB (1998), adapted to D50.

    Source: Adobe RGB (1998) Color Image Encoding, 2005-05; ICC.1:2001-04 for the layout.
    """

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(each * 65536) for each in values))

    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(563 / 256 * 256)) + b"\0\0"
    text = b"Adobe RGB by gamma\0"
    named = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78
    tags = {
        b"desc": named + b"\0" * (-len(named) % 4),
        b"wtpt": xyz(0.9505, 1.0, 1.0891),
        b"rXYZ": xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": xyz(0.14919, 0.06322, 0.74457),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma),
    }
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    size = at + len(body)
    header = struct.pack(">I4xI4s4s4s12x4s", size, 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    header = header.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _panorama(folder: Path) -> Path:
    return written(folder, "jpeg", cv2.resize(scene(1200, 150), (12_000, 1_500)), quality=80)


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
    "progressive": (_progressive, (320, 240)),
    "palette": (_palette, (320, 240)),
    "grey-alpha": (_grey_alpha, (320, 240)),
    "adobe-rgb": (_adobe_rgb, (320, 240)),
    "bmp": (lambda folder: written(folder, "bmp", scene()), (320, 240)),
    "panorama": (_panorama, (12_000, 1_500)),
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
