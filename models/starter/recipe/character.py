"""Last step: teach the finished model one subject that it never saw, as a LoRA.

    python models/starter/recipe/character.py --work data/starter --pipeline models/starter

learns the robot from composed renders of it and writes `robot.safetensors`, which any diffusers
pipeline of this model loads, and the appliance as a character.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from captions import LEARNT, LEARNT_BARE, said, thing
from concepts import CHARACTER, COLOURS
from denoiser import schedule, weights
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from latents import compose, embedded, encoded
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from torch import Tensor
from training import device

SEED = 60
PICTURES = 240
RANK = 8
TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "conv1", "conv2"]
NAME = f"{CHARACTER}.safetensors"


def lessons(work: Path, vae: AutoencoderKL, text: Path) -> tuple[Tensor, Tensor]:
    """Scaled latents (n, 4, h, w) and captions' embeddings (n, 32, 384) of the one subject."""
    stored = torch.load(work / "renders.pt", weights_only=True)
    number = stored["names"].index(CHARACTER)
    colours = [list(COLOURS)[each % len(COLOURS)] for each in range(PICTURES)]
    dice = torch.Generator().manual_seed(SEED)
    pictures = compose(stored["renders"], [(number, colour) for colour in colours], dice)
    latents = (
        torch.cat([encoded(vae, part) for part in pictures.split(32)]) * vae.config.scaling_factor
    )
    wordings = (*LEARNT, LEARNT_BARE[0])
    captions = [
        said(wordings[n % len(wordings)], thing(CHARACTER), colour)
        for n, colour in enumerate(colours)
    ]
    return latents, embedded(captions, text, vae.device)


def train(args: argparse.Namespace) -> None:
    where = device()
    vae = AutoencoderKL.from_pretrained(args.pipeline / "vae").to(where, torch.bfloat16)
    latents, captions = lessons(args.work, vae, args.text)
    unet = UNet2DConditionModel.from_pretrained(
        args.pipeline / "unet", torch_dtype=torch.float32
    ).to(where)
    unet.requires_grad_(requires_grad=False)
    torch.manual_seed(SEED)
    unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=TARGETS))
    learning = [each for each in unet.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=args.rate)
    signals = schedule().alphas_cumprod
    for step in range(args.steps):
        dice = torch.Generator().manual_seed(SEED * 1_000_000 + step)
        pick = torch.randint(len(latents), (args.batch,), generator=dice)
        moment = torch.randint(1000, (args.batch,), generator=dice)
        signal = signals[moment][:, None, None, None]
        noise = torch.randn(latents[pick].shape, generator=dice)
        noisy = signal.sqrt() * latents[pick] + (1 - signal).sqrt() * noise
        wanted = signal.sqrt() * noise - (1 - signal).sqrt() * latents[pick]
        said_v = unet(
            noisy.to(where), moment.to(where), captions[pick].float().to(where), return_dict=False
        )[0]
        error = (said_v - wanted.to(where)).square().mean((1, 2, 3))
        loss = (error * weights(signals[moment]).to(where)).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step % 20 == 19:
            print(f"{step + 1} loss {loss.item():.4f}", flush=True)
    learnt = {key: value.half().cpu() for key, value in get_peft_model_state_dict(unet).items()}
    StableDiffusionPipeline.save_lora_weights(
        args.into, unet_lora_layers=learnt, weight_name=NAME, safe_serialization=True
    )
    print(f"{(args.into / NAME).stat().st_size / 1e6:.2f} MB in {args.into / NAME}")


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--work", type=Path, default=Path("data/starter"))
    ask.add_argument("--pipeline", type=Path, default=Path("models/starter"))
    ask.add_argument("--text", type=Path, default=Path("models/minilm-l6"))
    ask.add_argument("--into", type=Path, default=Path("models/starter/characters/robot"))
    ask.add_argument("--steps", type=int, default=300)
    ask.add_argument("--batch", type=int, default=16)
    ask.add_argument("--rate", type=float, default=1e-3)
    train(ask.parse_args())


if __name__ == "__main__":
    main()
