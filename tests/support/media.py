"""Small media files for tests, sound and hostile."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from appliance.core.files import Upload
from appliance.media.chunks import png_chunk
from appliance.media.headers import probe, sniff

ENDINGS = ("png", "jpeg", "webp", "gif", "bmp", "tiff", "avif", "heic", "ico", "svg")


def colours(width: int = 48, height: int = 32, *, alpha: bool = False) -> NDArray[np.uint8]:
    """Smooth colours that differ everywhere: H×W×3 uint8, or 4 with alpha from left to right."""
    y, x = np.mgrid[0:height, 0:width]
    bands = [x * 255 // max(1, width - 1), y * 255 // max(1, height - 1), (x + y) % 32 * 8]
    if alpha:
        bands.append(x * 255 // max(1, width - 1))
    return np.dstack(bands).astype(np.uint8)


def written(folder: Path, ending: str, pixels: NDArray[np.uint8] | None = None, **how: Any) -> Path:
    """A sound picture file of the kind; `how` goes to Pillow."""
    path = folder / f"picture.{ending}"
    image = Image.fromarray(colours() if pixels is None else pixels)
    if ending == "svg":
        size = f'width="{image.width}" height="{image.height}"'
        path.write_text(svg(f'<rect {size} fill="#204060"/>', size))
    elif ending == "heic":
        pillow_heif.register_heif_opener(thumbnails=False)
        image.save(path, "HEIF", **{"quality": 95} | how)
    else:
        image.save(path, ending.upper(), **how)
    return path


def svg(body: str, attributes: str = 'width="20" height="20"') -> str:
    """An SVG document around `body`."""
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {spaces} {attributes}>{body}</svg>"


def animation(folder: Path, ending: str, *, frames: int = 4, side: int = 24) -> Path:
    """A looping animation whose frames differ, 80 ms each."""
    path = folder / f"moving.{ending}"
    levels = np.linspace(40, 220, frames).astype(np.uint8)
    made = [Image.fromarray(np.full((side, side, 3), level, np.uint8)) for level in levels]
    how: dict[str, Any] = {"duration": 80} | ({} if ending == "avif" else {"loop": 0})
    made[0].save(path, ending.upper(), save_all=True, append_images=made[1:], **how)
    return path


def truncated(path: Path, share: float = 0.6) -> Path:
    """The first part of the file, under another name."""
    data = path.read_bytes()
    cut = path.with_name(f"cut-{path.name}")
    cut.write_bytes(data[: int(len(data) * share)])
    return cut


def lying_png(folder: Path, width: int, height: int) -> Path:
    """A PNG of 8×8 pixels whose header, with a right checksum, tells another size."""
    buffer = io.BytesIO()
    Image.fromarray(colours(8, 8)).save(buffer, "PNG")
    data = buffer.getvalue()
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path = folder / "lying.png"
    path.write_bytes(data[:8] + header + data[33:])
    return path


def png_bomb(folder: Path, side: int = 30_000) -> Path:
    """A sound PNG of about 120 kB that unpacks to `side`² pixels."""
    pressing = zlib.compressobj(9)
    row = b"\0" * (1 + (side + 7) // 8)
    packed = b"".join(pressing.compress(row * 100) for _ in range(side // 100)) + pressing.flush()
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
        (b"IDAT", packed),
        (b"IEND", b""),
    ]
    path = folder / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts))
    return path


def polyglot(folder: Path) -> Path:
    """A sound JPEG that is a web page and a script too."""
    path = written(folder, "jpeg", comment=b"*/=alert(1);/*")
    path.write_bytes(path.read_bytes() + b"<html><script>alert(1)</script></html>")
    return path


def upload(path: Path, name: str | None = None) -> Upload:
    """The file as an operation gets it: sniffed, probed, hashed."""
    sniffed, data = sniff(path), path.read_bytes()
    return Upload(
        id="upl_test",
        path=path,
        name=name or path.name,
        mime=sniffed.mime,
        kind=sniffed.kind,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        facts=probe(path, sniffed.mime),
    )
