"""Third step: compose the pictures to learn from, encode them, and embed their captions.

    python models/starter/recipe/latents.py --work data/starter --concepts common

writes `latents.pt` (scaled latents with the numbers of the captions that fit each) and
`captions.pt`.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from captions import LEARNT, LEARNT_BARE, held_out, pair, said, thing
from concepts import COLOURS, chosen_numbers
from diffusers import AutoencoderKL
from quick import fuse, library
from scenes import backgrounds, beside, over, placed, single
from torch import Tensor
from training import device
from transformers import AutoTokenizer, BertModel

SEED = 30
PAIR_SHARE = 0.1
BARE_SHARE = 0.15  # of the single things, whose caption does not say the background
TOKENS = 32
BATCH = 64


class Words:
    """Captions by number, each once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {"": 0}

    def number(self, caption: str) -> int:
        return self.numbers.setdefault(caption, len(self.numbers))


def singles(
    names: list[str], chosen: list[int], count: int, dice: random.Random
) -> list[tuple[int, str]]:
    """(render, colour) for so many pictures of one thing: each as often, no held-out pair."""
    forbidden = held_out([names[each] for each in chosen], list(COLOURS))
    plan: list[tuple[int, str]] = []
    while len(plan) < count:
        number, colour = chosen[len(plan) % len(chosen)], dice.choice(list(COLOURS))
        if (names[number], colour) not in forbidden:
            plan.append((number, colour))
    return plan


def captions_of(what: str, colour: str, words: Words, *, bare: bool) -> list[int]:
    """The numbers of five captions (some repeated) that fit one picture."""
    wordings = LEARNT_BARE if bare else LEARNT
    return [words.number(said(wordings[each % len(wordings)], what, colour)) for each in range(5)]


@torch.no_grad()
def encoded(vae: AutoencoderKL, pictures: Tensor) -> Tensor:
    """Pictures (n, 3, s, s), -1..1, as unscaled latents (n, 4, s/8, s/8) float32 on the CPU."""
    seen = pictures.to(vae.device, torch.bfloat16, memory_format=torch.channels_last)
    mean: Tensor = vae.encode(seen).latent_dist.mean
    return mean.float().cpu()


def coloured(colours: list[str]) -> Tensor:
    return torch.tensor([COLOURS[each] for each in colours]) / 255


def compose(renders: Tensor, plan: list[tuple[int, str]], dice: torch.Generator) -> Tensor:
    """Pictures of one thing each, (n, 3, s, s), -1..1."""
    picture = backgrounds(coloured([colour for _number, colour in plan]), renders.shape[-1], dice)
    things = placed(renders[[number for number, _colour in plan]].float(), single(len(plan), dice))
    return over(picture, things.clamp(0, 1)) * 2 - 1


def compose_pairs(
    renders: Tensor, plan: list[tuple[int, int, str]], dice: torch.Generator
) -> Tensor:
    """Pictures of two things side by side, (n, 3, s, s), -1..1."""
    picture = backgrounds(coloured([each[2] for each in plan]), renders.shape[-1], dice)
    left, right = beside(len(plan), dice)
    things = placed(renders[[each[0] for each in plan]].float(), left)
    things = things + placed(renders[[each[1] for each in plan]].float(), right)
    return over(picture, things.clamp(0, 1)) * 2 - 1


@torch.no_grad()
def embedded(captions: list[str], text: Path, where: torch.device) -> Tensor:
    """Hidden states (n, 32, 384) bfloat16, as the pipeline makes them: padded, the padding masked
    inside BERT.
    """
    tokenizer = AutoTokenizer.from_pretrained(text)
    bert = BertModel.from_pretrained(text).to(where, torch.bfloat16).eval()
    out = torch.empty(len(captions), TOKENS, bert.config.hidden_size, dtype=torch.bfloat16)
    for start in range(0, len(captions), 256):
        part = tokenizer(
            captions[start : start + 256],
            padding="max_length",
            max_length=TOKENS,
            truncation=True,
            return_tensors="pt",
        )
        states = bert(part.input_ids.to(where), attention_mask=part.attention_mask.to(where))[0]
        out[start : start + 256] = states.cpu()
    return out


def scenes(args: argparse.Namespace, vae: AutoencoderKL, words: Words) -> tuple[Tensor, Tensor]:
    """Unscaled latents (n, 4, h, w) and caption numbers (n, 5)."""
    stored = torch.load(args.work / "renders.pt", weights_only=True)
    names, renders = stored["names"], stored["renders"]
    chosen = chosen_numbers(names, args.concepts)
    dice = random.Random(SEED)  # noqa: S311  a seed, no secret
    tensor_dice = torch.Generator().manual_seed(SEED)
    pairs = int(args.count * PAIR_SHARE)
    plan = singles(names, chosen, args.count - pairs, dice)
    twos = [(*dice.sample(chosen, 2), dice.choice(list(COLOURS))) for _each in range(pairs)]
    latents, captions = [], []
    for start in range(0, len(plan), BATCH):
        part = plan[start : start + BATCH]
        latents.append(encoded(vae, compose(renders, part, tensor_dice)).half())
        for number, colour in part:
            bare = dice.random() < BARE_SHARE
            captions.append(captions_of(thing(names[number]), colour, words, bare=bare))
    for start in range(0, len(twos), BATCH):
        some = twos[start : start + BATCH]
        latents.append(encoded(vae, compose_pairs(renders, some, tensor_dice)).half())
        for first, second, colour in some:
            what = pair(names[first], names[second])
            captions.append(
                [words.number(what)] + [words.number(said(LEARNT[0], what, colour))] * 4
            )
    return torch.cat(latents), torch.tensor(captions)


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--work", type=Path, default=Path("data/starter"))
    ask.add_argument("--text", type=Path, default=Path("models/minilm-l6"))
    ask.add_argument("--concepts", choices=["all", "common"], default="common")
    ask.add_argument("--count", type=int, default=200_000 if torch.cuda.is_available() else 12_000)
    args = ask.parse_args()
    where = device()
    vae = AutoencoderKL.from_pretrained(args.work / "vae").to(where, torch.bfloat16)
    kernels = library() if where.type == "cpu" else None
    if kernels is not None:
        fuse(vae, kernels)
    words = Words()
    latents, captions = scenes(args, vae, words)
    factor = 1 / float(latents.float().std())
    scaled = (latents.float() * factor).half()
    torch.save(
        {"latents": scaled, "captions": captions, "scaling_factor": factor},
        args.work / "latents.pt",
    )
    torch.save(embedded(list(words.numbers), args.text, where), args.work / "captions.pt")
    print(f"{len(latents)} latents, factor {factor:.4f}, {len(words.numbers)} captions")


if __name__ == "__main__":
    main()
