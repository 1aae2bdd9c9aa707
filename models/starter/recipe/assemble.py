"""Fifth step: put the trained parts into one diffusers folder, in half precision.

    python models/starter/recipe/assemble.py --work data/starter --into models/starter

The text encoder's weights and vocabulary are linked from where they lie, for trying out: installing
the model takes them from their own package.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from denoiser import schedule
from diffusers import AutoencoderKL, UNet2DConditionModel
from latents import TOKENS

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "BertModel"],
    "tokenizer": ["transformers", "BertTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
PACKED = {
    "text_encoder/model.safetensors": "model.safetensors",
    "tokenizer/tokenizer.json": "tokenizer.json",
    "tokenizer/vocab.txt": "vocab.txt",
}


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", "utf-8")


def tidy(folder: Path) -> None:
    """Take the place it was loaded from out of a part's config, and let all read its weights."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config.pop("_name_or_path", None)
    write(folder / "config.json", config)
    for each in folder.iterdir():
        each.chmod(0o644)


def assemble(work: Path, into: Path, text: Path) -> None:
    """Write the folder `into`; what else lies there stays."""
    into.mkdir(parents=True, exist_ok=True)
    write(into / "model_index.json", INDEX)
    schedule().save_pretrained(into / "scheduler")
    factor = torch.load(work / "latents.pt", weights_only=True, mmap=True)["scaling_factor"]
    vae = AutoencoderKL.from_pretrained(work / "vae").half()
    vae.register_to_config(scaling_factor=factor)
    vae.save_pretrained(into / "vae")
    UNet2DConditionModel.from_pretrained(work / "unet").half().save_pretrained(into / "unet")
    for part in ("vae", "unet"):
        tidy(into / part)
    config = json.loads((text / "config.json").read_text("utf-8"))
    del config["_name_or_path"], config["transformers_version"]
    write(
        into / "text_encoder/config.json",
        config | {"architectures": ["BertModel"], "use_attention_mask": True},
    )
    words = json.loads((text / "tokenizer_config.json").read_text("utf-8"))
    words = {key: value for key, value in words.items() if key != "name_or_path"}
    words |= {"model_max_length": TOKENS, "tokenizer_class": "BertTokenizer"}
    write(into / "tokenizer/tokenizer_config.json", words)
    for name, source in PACKED.items():
        target = into / name
        if not target.exists():
            target.symlink_to((text / source).resolve())


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--work", type=Path, default=Path("data/starter"))
    ask.add_argument("--into", type=Path, default=Path("data/starter/pipeline"))
    ask.add_argument("--text", type=Path, default=Path("models/minilm-l6"))
    args = ask.parse_args()
    assemble(args.work, args.into, args.text)
    own = [each for part in ("vae", "unet") for each in (args.into / part).glob("*.safetensors")]
    shutil.copy(Path(__file__).with_name("NOTICE"), args.into / "NOTICE")
    print(f"{sum(each.stat().st_size for each in own) / 1e6:.1f} MB of weights in {args.into}")


if __name__ == "__main__":
    main()
