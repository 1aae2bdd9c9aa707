"""Sixth step: a small classifier that names what a picture shows, trained on renders and never on
made pictures.

    python models/starter/recipe/judge.py --work data/starter --concepts common

Every picture it sees, learnt or judged, has its background taken away first. Writes `judge.pt`.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from concepts import COLOURS, chosen_numbers
from latents import compose
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy, interpolate
from training import device

SEED = 50
SIDE = 64
GRADED = 0.25  # how far a graded background goes from its middle colour, and more
NEAR = 0.16  # how far, of 0..√3, a pixel may be from the background's colour at its place


def border(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Places (m, 3: 1, x, y) and colours (n, m, 3) of the pixels along the edge of pictures (n, 3,
    s, s).
    """
    side = pictures.shape[-1]
    line = torch.linspace(-1, 1, side)
    y, x = torch.meshgrid(line, line, indexing="ij")
    edge = torch.ones(side, side, dtype=torch.bool)
    edge[2:-2, 2:-2] = False
    places = torch.stack([torch.ones_like(x), x, y], -1)[edge]
    return places, pictures.permute(0, 2, 3, 1)[:, edge]


def background(pictures: Tensor) -> Tensor:
    """The background (n, 3, s, s) of pictures 0..1: the plane through the colours along their edge.

    Fitted three times, without the pixels far from the last fit: things that reach the edge.
    """
    side = pictures.shape[-1]
    places, colours = border(pictures)
    off = (colours - colours.median(1, keepdim=True).values).norm(dim=-1, keepdim=True)
    weight = (off < GRADED).float()
    for _round in range(3):
        left = (places.T @ (weight * places)) + 1e-4 * torch.eye(3)
        plane = torch.linalg.solve(left, places.T @ (weight * colours))
        off = (colours - places @ plane).norm(dim=-1, keepdim=True)
        weight = (off < off.median(1, keepdim=True).values * 2 + 0.02).float()
    line = torch.linspace(-1, 1, side)
    y, x = torch.meshgrid(line, line, indexing="ij")
    whole = torch.stack([torch.ones_like(x), x, y], -1)
    return (whole.reshape(-1, 3) @ plane).reshape(-1, side, side, 3).permute(0, 3, 1, 2).clamp(0, 1)


def cut_out(pictures: Tensor) -> Tensor:
    """Pictures (n, 3, s, s), 0..1, on middle grey, at 64 px."""
    far = (pictures - background(pictures)).norm(dim=1, keepdim=True)
    mask = ((far - NEAR / 2) / NEAR).clamp(0, 1)
    return interpolate(pictures * mask + 0.5 * (1 - mask), size=(SIDE, SIDE), mode="area")


def fresh(classes: int) -> nn.Sequential:
    """An untrained classifier of (n, 3, 64, 64)."""
    torch.manual_seed(SEED)
    layers: list[nn.Module] = []
    before = 3
    for width in (32, 64, 128, 192):
        layers += [
            nn.Conv2d(before, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
        before = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2), nn.Linear(before * 16, classes))


def lesson(renders: Tensor, chosen: list[int], count: int, step: int) -> tuple[Tensor, Tensor]:
    """Cut-outs (count, 3, 64, 64) and their classes; some blurred or faint, as made ones are."""
    dice = random.Random(SEED + step)  # noqa: S311  a seed, no secret
    tensor_dice = torch.Generator().manual_seed(SEED * 1_000_000 + step)
    picks = [dice.randrange(len(chosen)) for _each in range(count)]
    plan = [(chosen[each], dice.choice(list(COLOURS))) for each in picks]
    pictures = compose(renders, plan, tensor_dice) / 2 + 0.5
    soft = torch.rand(count, 1, 1, 1, generator=tensor_dice)
    blurred = interpolate(avg_pool2d(pictures, 4), size=pictures.shape[-2:], mode="bilinear")
    pictures = pictures * soft + blurred * (1 - soft)
    contrast = 0.8 + 0.4 * torch.rand(count, 1, 1, 1, generator=tensor_dice)
    pictures = ((pictures - 0.5) * contrast + 0.5).clamp(0, 1)
    return cut_out(pictures), torch.tensor(picks)


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--work", type=Path, default=Path("data/starter"))
    ask.add_argument("--concepts", choices=["all", "common"], default="common")
    ask.add_argument("--steps", type=int, default=6_000 if torch.cuda.is_available() else 600)
    args = ask.parse_args()
    stored = torch.load(args.work / "renders.pt", weights_only=True)
    names, renders = stored["names"], stored["renders"]
    chosen = chosen_numbers(names, args.concepts)
    where = device()
    model = fresh(len(chosen)).to(where)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    pace = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, args.steps)
    for step in range(args.steps):
        seen, right = lesson(renders, chosen, 32, step)
        loss = cross_entropy(model(seen.to(where)), right.to(where))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        pace.step()
        if step % 100 == 99:
            print(f"{step + 1} loss {loss.item():.3f}", flush=True)
    model.eval()
    with torch.no_grad():
        tests = [lesson(renders, chosen, 32, 10_000_000 + n) for n in range(10)]
        right_ones = [
            (model(seen.to(where)).argmax(1).cpu() == right).float().mean() for seen, right in tests
        ]
    print(f"names {torch.stack(right_ones).mean():.3f} of unseen renders rightly")
    torch.save(
        {"names": [names[each] for each in chosen], "state": model.state_dict()},
        args.work / "judge.pt",
    )


if __name__ == "__main__":
    main()
