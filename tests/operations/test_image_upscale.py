"""image.upscale: sizes, names, limits; then once with the real network."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from appliance import media
from appliance.core.errors import InvalidInput, TooLarge
from appliance.core.picture import Picture
from appliance.core.progress import Progress
from appliance.engines.registry import CPU
from appliance.engines.upscaling.realesrgan import load
from appliance.operations.image.upscale import upscale
from tests.support.run_context import FakeContext, plain, upload
from tests.support.weights import real_model


class Doubling:
    """An Upscaler that repeats pixels and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def upscale(self, picture: Picture, *, factor: int, progress: Progress) -> Picture:
        self.asked.append(factor)
        progress(0.5)
        return Picture(picture.pixels.repeat(factor, 0).repeat(factor, 1))


def run(context: FakeContext, **raw: object):
    return upscale.run(context, upscale.read({"image": upload(), **raw}))


def context(picture: Picture, engine: object | None = None) -> FakeContext:
    return FakeContext({"photo.png": picture}, {"image.upscaler": engine or Doubling()})


def test_it_doubles_unless_told_otherwise_and_names_the_result():
    ctx = context(plain(30, 20))

    output = run(ctx)

    picture, name, form = ctx.made[0]
    assert (picture.width, picture.height) == (60, 40)
    assert (name, form.format) == ("photo-x2", "png")
    assert output.facts == {"factor": 2, "from_size": [30, 20]}
    assert [round(step.fraction, 3) for step in ctx.steps] == [0.05, 0.5, 0.95]


def test_four_times_and_another_format():
    ctx = context(plain(30, 20))

    run(ctx, factor=4, output_format="webp")

    assert ctx.offers["image.upscaler"].asked == [4]
    assert (ctx.made[0][1], ctx.made[0][2].format) == ("photo-x4", "webp")


@pytest.mark.parametrize(
    ("field", "value"), [("factor", 3), ("factor", "2"), ("output_format", "gif"), ("scale", 2)]
)
def test_wrong_fields_are_refused_by_name(field, value):
    with pytest.raises(InvalidInput) as refused:
        upscale.read({"image": upload(), field: value})

    assert refused.value.field == field


def test_a_result_above_64_megapixels_is_refused_before_the_network_runs():
    class Large:
        width, height = 2001, 2000

    ctx = context(Large())

    with pytest.raises(TooLarge, match="64 megapixels; at most 64") as refused:
        run(ctx, factor=4)

    assert refused.value.details == {"pixels": 64_032_000, "limit": 64_000_000}
    assert ctx.offers["image.upscaler"].asked == []


@pytest.fixture(scope="module")
def network():
    return load(real_model("upscale-video"), CPU)


def test_the_real_network_keeps_the_picture_and_its_alpha(network):
    photo = np.ascontiguousarray(data.cat()[80:140, 130:210])
    ctx = context(Picture(np.dstack([photo, np.full((60, 80, 1), 128, np.uint8)])), network)

    run(ctx)

    large = ctx.made[0][0].pixels
    assert large.shape == (120, 160, 4)
    assert (large[:, :, 3] == 128).all()
    shrunk = large[:, :, :3].reshape(60, 2, 80, 2, 3).mean((1, 3))
    assert np.abs(shrunk - photo).mean() < 6


def test_the_real_network_makes_sharper_edges_than_interpolation(network):
    disc = cv2.circle(
        np.full((64, 64, 3), 250, np.uint8), (32, 32), 20, (20, 40, 60), -1, cv2.LINE_AA
    )
    ctx = context(Picture(disc), network)

    run(ctx, factor=4)

    plain_one = media.resize(Picture(disc), 256, 256).pixels
    assert soft(ctx.made[0][0].pixels) < 0.7 * soft(plain_one)


def soft(pixels: np.ndarray) -> int:
    """How many pixels are neither the disc's nor the ground's."""
    return int(((pixels[:, :, 0] > 50) & (pixels[:, :, 0] < 220)).sum())
