"""The files that goldens send."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import cv2
import numpy as np

from appliance.adapters.config import CHECKOUT


def write_media(folder: Path) -> Path:
    folder.mkdir()
    photo = cv2.imread(str(CHECKOUT / "appliance/cli/demo/mug.jpg"))
    cv2.imwrite(str(folder / "product.jpg"), cv2.resize(photo, (800, 600)))
    apple = np.full((64, 64, 3), 235, np.uint8)
    cv2.circle(apple, (32, 34), 20, (40, 40, 200), -1, cv2.LINE_AA)
    cv2.imwrite(str(folder / "apple.png"), apple)
    shutil.copy(folder / "apple.png", folder / "mi-imagen.png")
    whole = (folder / "apple.png").read_bytes()
    (folder / "truncated.png").write_bytes(whole[: len(whole) // 2])
    (folder / "garbage.jpg").write_bytes(random.Random(7).randbytes(3_000_000))
    return folder
