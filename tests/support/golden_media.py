"""The files that goldens send."""

from __future__ import annotations

import random
import shutil
import wave
import zipfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from appliance.adapters.config import CHECKOUT
from tests.support.films import film, sound


def write_media(folder: Path) -> Path:
    folder.mkdir()
    photo = cv2.imread(str(CHECKOUT / "appliance/cli/demo/mug.jpg"))
    cv2.imwrite(str(folder / "product.jpg"), cv2.resize(photo, (800, 600)))
    cv2.imwrite(str(folder / "mug.jpg"), photo)
    apple = np.full((64, 64, 3), 235, np.uint8)
    cv2.circle(apple, (32, 34), 20, (40, 40, 200), -1, cv2.LINE_AA)
    cv2.imwrite(str(folder / "apple.png"), apple)
    shutil.copy(folder / "apple.png", folder / "mi-imagen.png")
    _write_phone_photo(folder / "phone.jpg")
    with zipfile.ZipFile(folder / "pictures.zip", "w") as archive:
        archive.write(folder / "apple.png", "summer/apple.png")
        archive.write(folder / "product.jpg", "summer/product.jpg")
        archive.writestr("summer/words.txt", "These are no pictures.")
        archive.writestr("../apple.png", b"")
    whole = (folder / "apple.png").read_bytes()
    (folder / "truncated.png").write_bytes(whole[: len(whole) // 2])
    (folder / "garbage.jpg").write_bytes(random.Random(7).randbytes(3_000_000))
    with wave.open(str(folder / "tone.wav"), "wb") as tone:
        tone.setparams((1, 2, 8000, 0, "NONE", ""))
        tone.writeframes(b"\0\0" * 8000)
    film(folder / "clip.mp4", seconds=2)
    sound(folder / "song.mp3", seconds=2)
    (folder / "cut-off.mp4").write_bytes((folder / "clip.mp4").read_bytes()[:5000])
    return folder


def _write_phone_photo(path: Path) -> None:
    """The mug as a phone writes it: lying on its side, with the turn and the place noted."""
    with Image.open(CHECKOUT / "appliance/cli/demo/mug.jpg") as photo:
        small = photo.resize((600, 450)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Maker", "Phone", 6
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 14.0), 3: "E", 4: (11.0, 34.0, 31.0)}
    small.save(path, quality=92, exif=exif)
