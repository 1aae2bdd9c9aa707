"""Second step: train the autoencoder, pictures of size x size to latents (4, size/8, size/8) and
back.

    python models/starter/recipe/autoencoder.py --work data/starter

With `--encoder fixed`, the choice where there is no GPU, only the end of the decoder learns: all
before it stays as it is set in the beginning, a thumbnail of eighth size and one slope, so that the
next steps can begin at once and run beside this one. It learns from all renders, chosen or not, so
that a new thing can be drawn later. Writes `vae/` (a diffusers folder). Run again after an
interruption: it goes on from the checkpoint.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from concepts import COLOURS, chosen_numbers
from diffusers import AutoencoderKL
from diffusers.models.resnet import Downsample2D, ResnetBlock2D, Upsample2D
from scenes import backgrounds, beside, over, placed, single
from torch import Tensor, nn
from training import Run, device, made_quick

WIDTHS = {"small": (16, 32, 64, 128), "full": (64, 128, 192, 256)}
SEED = 20
KL = 1e-6
ERROR = 0.05
ROUND = 0.04
CONSTANT = 3.0
LARGE = 8.0
OFFSET = 2.8577  # SiLU of that constant
HALF = 0.5 / 1.0881  # of what comes back, by the slope of SiLU at that constant
WHOLE = (
    0.9  # of the steps see a part of the picture, a quarter of its area; the last ones the whole
)


def fresh(widths: tuple[int, ...], size: int) -> AutoencoderKL:
    """An untrained autoencoder, the same for the same widths."""
    torch.manual_seed(SEED)
    model = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths),
        block_out_channels=widths,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=1,  # several would take a flat picture's colour away
        sample_size=size,
        mid_block_add_attention=False,
    )
    with torch.no_grad():
        begin_linear(model)
    return model


def begin_linear(model: AutoencoderKL) -> None:
    """Set the weights so that the untrained model already keeps a thumbnail, and only detail is
    left to learn.

    Its residual blocks begin as none; the first three channels carry red, green and blue through
    all layers, the next three their negatives: averaged on the way down, repeated on the way up.
    The last normalisations would take away how strong a colour is; beside large constants in all
    channels the six neither move the mean nor much the deviation, so that they pass. The posterior
    begins nearly certain. Without this a training of minutes ends in grey.
    """
    _begin_blocks(model)
    _soften(model.decoder.up_blocks[0].upsamplers[0].conv)
    _begin_ends(model.encoder, model.encoder.mid_block.resnets[-1])
    _begin_ends(model.decoder, model.decoder.up_blocks[-1].resnets[-1])
    _keep_strength(model.decoder, model.decoder.up_blocks[-1].resnets[-1])
    _begin_slope(model.encoder)
    model.encoder.conv_out.weight[4:].zero_()
    for mix in (model.quant_conv, model.post_quant_conv):
        mix.weight.copy_(torch.eye(len(mix.weight))[:, :, None, None])
        mix.bias.zero_()
    model.quant_conv.bias[4:] = -7


def _begin_blocks(model: AutoencoderKL) -> None:
    for block in model.modules():
        if isinstance(block, ResnetBlock2D):
            block.conv2.weight.zero_()
            block.conv2.bias.zero_()
            if block.conv_shortcut is not None:
                _carry(block.conv_shortcut)
        elif isinstance(block, Downsample2D):
            _carry(block.conv, middle=False)
        elif isinstance(block, Upsample2D):
            _carry(block.conv)


def _soften(conv: nn.Conv2d) -> None:
    """Let the six channels of an enlarged picture be blurred a little: no steps, but slopes."""
    soft = torch.tensor([0.25, 0.5, 0.25])
    for channel in range(6):
        conv.weight[channel, channel] = soft[:, None] * soft


def _begin_ends(coder: nn.Module, last: ResnetBlock2D) -> None:
    coder.conv_in.weight[:6].zero_()
    coder.conv_out.weight *= 0.1
    coder.conv_out.weight[:3].zero_()
    coder.conv_in.bias[:6] = coder.conv_out.bias[:3] = 0
    for n in range(3):
        coder.conv_in.weight[n, n, 1, 1], coder.conv_in.weight[n + 3, n, 1, 1] = 1, -1
        coder.conv_out.weight[n, n, 1, 1], coder.conv_out.weight[n, n + 3, 1, 1] = HALF, -HALF
    half = len(last.conv2.bias) // 2
    last.conv2.bias[:half], last.conv2.bias[half:] = CONSTANT, -CONSTANT
    coder.conv_norm_out.weight.fill_(CONSTANT)


def _keep_strength(decoder: nn.Module, last: ResnetBlock2D) -> None:
    """Few channels are left at the end: the six would sway the deviation, unless the constants are
    larger and stand in the others only. A colour and its negative pass SiLU as they are.
    """
    others = len(last.conv2.bias) - 6
    signs = torch.tensor([1.0, -1.0]).repeat(others // 2)
    last.conv2.bias[:6] = 0
    last.conv2.bias[6:] = LARGE * signs
    decoder.conv_norm_out.weight[:6] = LARGE * (others / (others + 6)) ** 0.5
    decoder.conv_norm_out.weight[6:] = 1
    decoder.conv_out.weight[:, 6:] = 0
    for n in range(3):
        decoder.conv_out.weight[n, n, 1, 1], decoder.conv_out.weight[n, n + 3, 1, 1] = 1, -1


def _begin_slope(encoder: nn.Module) -> None:
    """The fourth latent begins as how much brighter a block's left half is than its right."""
    layers = [encoder.conv_in]
    for block in encoder.down_blocks:
        layers += [each.conv_shortcut for each in block.resnets if each.conv_shortcut is not None]
        layers += [each.conv for each in block.downsamplers or ()]
    layers += [encoder.conv_out]
    last_step = encoder.down_blocks[-2].downsamplers[0].conv
    for layer in layers:
        target = 3 if layer is encoder.conv_out else 6
        centre = layer.kernel_size[0] // 2
        layer.weight[target].zero_()
        layer.bias[target] = 0
        if layer is encoder.conv_in:
            layer.weight[6, :3, 1, 1] = 1 / 3
        elif layer is last_step:
            layer.weight[6, 6, :2, 0], layer.weight[6, 6, :2, 1] = 1, -1
        elif layer.stride[0] == 2:
            layer.weight[6, 6, :2, :2] = 0.25
        else:
            layer.weight[target, 6, centre, centre] = 1
    encoder.conv_out.bias[3] = -OFFSET


def _carry(conv: nn.Conv2d, *, middle: bool = True) -> None:
    """Let a convolution's first six channels be its input's: one pixel, or the mean of four."""
    conv.weight[:6].zero_()
    conv.bias[:6] = 0
    centre = conv.kernel_size[0] // 2
    for channel in range(6):
        if middle:
            conv.weight[channel, channel, centre, centre] = 1
        else:
            conv.weight[channel, channel, :2, :2] = 0.25


def lesson_pictures(renders: Tensor, count: int, dice: torch.Generator) -> Tensor:
    """Composed pictures (count, 3, s, s), -1..1: singles, a quarter of them pairs, on any colour,
    named or not.
    """
    size = renders.shape[-1]
    colours = torch.rand(count, 3, generator=dice)
    named = torch.tensor(list(COLOURS.values())) / 255
    pick = torch.randint(len(named), (count,), generator=dice)
    colours = torch.where(torch.rand(count, 1, generator=dice) < 0.7, named[pick], colours)
    picture = backgrounds(colours, size, dice)
    pairs = count // 4
    chosen = renders[torch.randint(len(renders), (count + pairs,), generator=dice)].float()
    left, right = beside(pairs, dice)
    things = placed(chosen[pairs : pairs * 2], left) + placed(chosen[count:], right)
    alone = torch.cat([chosen[:pairs], chosen[pairs * 2 : count]])
    things = torch.cat([things, placed(alone, single(count - pairs, dice))]).clamp(0, 1)
    return over(picture, things) * 2 - 1


def difference(made: Tensor, wanted: Tensor) -> Tensor:
    """Of single pixels, and of the steps between neighbours, which is what edges are."""
    gap = made - wanted
    across, down = gap[..., 1:] - gap[..., :-1], gap[..., 1:, :] - gap[..., :-1, :]
    return rounded(gap) + rounded(across) + rounded(down)


def rounded(gap: Tensor) -> Tensor:
    """Mean size of a difference, its point rounded off: else plain areas never let the weights
    rest.
    """
    return (gap.square() + ROUND**2).sqrt().mean() - ROUND


def part(pictures: Tensor, dice: torch.Generator) -> Tensor:
    """A window of half the side at one random place, where each step costs a quarter."""
    side = pictures.shape[-1] // 2
    x, y = (int(torch.randint(side + 1, (), generator=dice)) for _each in range(2))
    return pictures[..., y : y + side, x : x + side]


def hold_all_but_the_end(model: AutoencoderKL) -> None:
    """Let only the decoder's last two levels learn, which see a few pixels around each."""
    model.requires_grad_(requires_grad=False)
    end = model.decoder
    for layer in (*end.up_blocks[-2:], end.conv_norm_out, end.conv_out):
        layer.requires_grad_(requires_grad=True)


def mixed(renders: Tensor, names: list[str], which: str) -> Tensor:
    """All renders, those that the denoiser will draw three times as often."""
    chosen = renders[chosen_numbers(names, which)]
    times = max(0, 3 * (len(renders) - len(chosen)) // len(chosen)) if which == "common" else 0
    return torch.cat([renders, *[chosen] * min(times, 20)])


def train(args: argparse.Namespace) -> None:
    stored = torch.load(args.work / "renders.pt", weights_only=True)
    renders = mixed(stored["renders"], stored["names"], args.concepts)
    model = fresh(WIDTHS[args.width], renders.shape[-1])
    fixed = args.encoder == "fixed"
    if fixed:
        hold_all_but_the_end(model)
    names = [name for name, weight in model.named_parameters() if weight.requires_grad]
    # What they see is mostly the constants: all their weights at once would move the whole picture.
    ends = {n for n, name in enumerate(names) if "coder.conv_out" in name}
    where = device()
    masters = made_quick(model, where)
    run = Run(masters, args.work / "vae.pt", args.steps, args.rate, careful=frozenset(ends))

    def lesson(step: int) -> Tensor:
        dice = torch.Generator().manual_seed(SEED * 1_000_000 + step)
        whole = step >= WHOLE * args.steps
        wanted = lesson_pictures(renders, args.batch // 2 if whole else args.batch, dice)
        wanted = (wanted if whole else part(wanted, dice)).to(
            where, memory_format=torch.channels_last
        )
        with torch.set_grad_enabled(not fixed):
            latents = model.encode(wanted.bfloat16()).latent_dist
        noise = torch.randn(latents.mean.shape, generator=dice).to(where)
        # A fixed encoder is certain: the noise stands for what the denoiser will get wrong.
        spread = torch.rand(len(noise), 1, 1, 1, generator=dice) * ERROR if fixed else latents.std
        made = model.decode((latents.mean + spread * noise).bfloat16()).sample
        doubt = 0.0 if fixed else KL * latents.kl().float().mean()
        return difference(made.float(), wanted) + doubt

    def keep() -> None:
        plain = fresh(WIDTHS[args.width], renders.shape[-1])
        weights = dict(plain.named_parameters())
        with torch.no_grad():
            for name, copy in zip(names, masters.copies, strict=True):
                weights[name].copy_(copy.cpu())
        plain.save_pretrained(args.work / "vae")

    run.go(lesson, keep)


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cuda = torch.cuda.is_available()
    ask.add_argument("--work", type=Path, default=Path("data/starter"))
    ask.add_argument("--concepts", choices=["all", "common"], default="common")
    ask.add_argument(
        "--encoder", choices=["fixed", "learnt"], default="learnt" if cuda else "fixed"
    )
    ask.add_argument("--width", choices=sorted(WIDTHS), default="full" if cuda else "small")
    ask.add_argument("--steps", type=int, default=40_000 if cuda else 4_400)
    ask.add_argument("--batch", type=int, default=32 if cuda else 12)
    ask.add_argument("--rate", type=float, default=5e-4 if cuda else 6e-4)
    train(ask.parse_args())


if __name__ == "__main__":
    main()
