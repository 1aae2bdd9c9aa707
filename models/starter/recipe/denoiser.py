"""Fourth step: train the denoiser on the latents and the captions' embeddings, predicting v.

    python models/starter/recipe/denoiser.py --work data/starter

One caption in ten is the empty one, so that guidance can be free of a classifier. Writes `unet/`,
the average of the weights. Run again after an interruption: it goes on from the checkpoint.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor
from training import Run, device, made_quick

SEED = 40
UNNAMED = 0.1
GAMMA = 5.0  # Min-SNR weighting, Hang et al. 2023
WIDTHS = {"small": ((96, 192), 1), "full": ((192, 384), 2)}
DOWN = ("DownBlock2D", "CrossAttnDownBlock2D")
UP = ("CrossAttnUpBlock2D", "UpBlock2D")


def fresh(width: str, size: int) -> UNet2DConditionModel:
    """An untrained denoiser of latents (4, size, size); the words are seen at half of that and
    below.
    """
    channels, layers = WIDTHS[width]
    torch.manual_seed(SEED)
    return UNet2DConditionModel(
        sample_size=size,
        in_channels=4,
        out_channels=4,
        down_block_types=DOWN,
        up_block_types=UP,
        block_out_channels=channels,
        layers_per_block=layers,
        cross_attention_dim=384,
        attention_head_dim=4,  # heads, whatever it is called
        norm_num_groups=16,
    )


def schedule() -> DDIMScheduler:
    """The noise the denoiser learns to take away: down to nothing but noise at the last step."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
    )


def weights(signal: Tensor) -> Tensor:
    """What a v-prediction's squared error counts at cumulative signal shares (n,): Min-SNR."""
    ratio = signal / (1 - signal).clamp(min=1e-8)
    return ratio.clamp(max=GAMMA) / (ratio + 1) + 0.1


def train(args: argparse.Namespace) -> None:
    stored = torch.load(args.work / "latents.pt", weights_only=True)
    latents, numbers = stored["latents"], stored["captions"]
    captions: Tensor = torch.load(args.work / "captions.pt", weights_only=True, mmap=True)
    where = device()
    model = fresh(args.width, latents.shape[-1])
    model.set_attn_processor(AttnProcessor())  # much faster backwards on a CPU than the fused one
    masters = made_quick(model, where)
    signals = schedule().alphas_cumprod
    run = Run(masters, args.work / "unet.pt", args.steps, args.rate, ema=args.ema)

    def lesson(step: int) -> Tensor:
        dice = torch.Generator().manual_seed(SEED * 1_000_000 + step)
        pick = torch.randint(len(latents), (args.batch,), generator=dice)
        clean = latents[pick].float()
        number = numbers[pick, torch.randint(numbers.shape[1], (args.batch,), generator=dice)]
        number[torch.rand(args.batch, generator=dice) < UNNAMED] = 0
        # One time in each equal part of the schedule, so that every batch sees all of it.
        times = (torch.arange(args.batch) + torch.rand(args.batch, generator=dice)) / args.batch
        moment = (times * 1000).long().clamp(max=999)
        signal = signals[moment][:, None, None, None]
        noise = torch.randn(clean.shape, generator=dice)
        noisy = signal.sqrt() * clean + (1 - signal).sqrt() * noise
        wanted = signal.sqrt() * noise - (1 - signal).sqrt() * clean
        seen = noisy.to(where, torch.bfloat16, memory_format=torch.channels_last)
        said = model(seen, moment.to(where), captions[number].to(where), return_dict=False)[0]
        error = (said.float() - wanted.to(where)).square().mean((1, 2, 3))
        return (error * weights(signals[moment]).to(where)).mean()

    def keep() -> None:
        plain = fresh(args.width, latents.shape[-1])
        with torch.no_grad():
            for weight, copy in zip(plain.parameters(), run.average, strict=True):
                weight.copy_(copy.cpu())
        plain.save_pretrained(args.work / "unet")

    run.go(lesson, keep)


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cuda = torch.cuda.is_available()
    ask.add_argument("--work", type=Path, default=Path("data/starter"))
    ask.add_argument("--width", choices=sorted(WIDTHS), default="full" if cuda else "small")
    ask.add_argument("--steps", type=int, default=60_000 if cuda else 10_500)
    ask.add_argument("--batch", type=int, default=128 if cuda else 32)
    ask.add_argument("--rate", type=float, default=4e-4 if cuda else 1.2e-3)
    ask.add_argument("--ema", type=float, default=0.9995 if cuda else 0.998)
    train(ask.parse_args())


if __name__ == "__main__":
    main()
