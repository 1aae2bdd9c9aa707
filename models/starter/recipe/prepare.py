"""First step: fetch the two packages and turn the pictures into one file of renders.

    python models/starter/recipe/prepare.py --work data/starter --size 128

writes `renders.pt`: for every emoji that can be drawn, (4, size, size) float16, premultiplied,
0..1, cropped to its outline and centred in a square; and the names of them all.
"""

from __future__ import annotations

import argparse
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import torch
from concepts import ASSETS, known
from PIL import Image

PACKAGES = {"fluent": "@lobehub/fluent-emoji-3d@1.1.0", "emojibase": "emojibase-data@17.0.0"}


def fetched(work: Path, name: str) -> Path:
    """The folder of one unpacked npm package, fetched with npm where it is not there yet."""
    folder = work / "packages" / name
    if not (folder / "package").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", PACKAGES[name]], cwd=folder, check=True)
        with tarfile.open(next(folder.glob("*.tgz"))) as packed:
            packed.extractall(folder, filter="data")
    return folder / "package"


def render(path: Path, size: int) -> torch.Tensor:
    """One picture as (4, size, size) float16, premultiplied, 0..1, filling its square."""
    picture = Image.open(path).convert("RGBA")
    picture = picture.crop(picture.getbbox())
    side = max(picture.size)
    square = Image.new("RGBA", (side, side))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    pixels = np.asarray(square.convert("RGBa").resize((size, size), Image.Resampling.LANCZOS))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).to(torch.float16) / 255


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument(
        "--work", type=Path, default=Path("data/starter"), help="folder of everything in between"
    )
    ask.add_argument("--size", type=int, default=256 if torch.cuda.is_available() else 128)
    ask.add_argument(
        "--fluent", type=Path, help="the unpacked picture package, instead of fetching it"
    )
    ask.add_argument(
        "--emojibase", type=Path, help="the unpacked package of names, instead of fetching it"
    )
    args = ask.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    fluent = args.fluent or fetched(args.work, "fluent")
    emojibase = args.emojibase or fetched(args.work, "emojibase")
    concepts = known(fluent, emojibase)
    renders = torch.stack(
        [render(fluent / ASSETS / f"{each.stem}.webp", args.size) for each in concepts]
    )
    names = [each.name for each in concepts]
    torch.save({"names": names, "renders": renders}, args.work / "renders.pt")
    print(f"{len(names)} renders of {args.size} px in {args.work / 'renders.pt'}")


if __name__ == "__main__":
    main()
