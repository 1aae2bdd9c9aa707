"""Real-ESRGAN with its real weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from skimage import data

from appliance.core.abilities.upscaler import UPSCALER
from appliance.core.errors import Cancelled, ProcessingFailed
from appliance.core.picture import Picture
from appliance.core.progress import Progress, Step, silent_progress
from appliance.engines.budget import ProcessBudget
from appliance.engines.pool import Pool
from appliance.engines.registry import CPU
from appliance.engines.upscaling import realesrgan
from appliance.engines.upscaling.realesrgan import RealEsrgan, load, read_network
from appliance.engines.upscaling.tiles import Margins
from tests.support.weights import real_model

# What ncnn 1.0.20261020 makes of `pattern()` in single precision, at eight points (row, column).
POINTS = ([0, 5, 17, 33, 48, 60, 77, 95], [0, 90, 44, 33, 70, 12, 81, 95])
REFERENCE = {
    "upscale-x4plus": [
        [17, 5, 20],
        [239, 8, 223],
        [91, 24, 166],
        [120, 83, 0],
        [205, 124, 94],
        [11, 160, 228],
        [243, 235, 0],
        [245, 233, 46],
    ],
    "upscale-video": [
        [5, 9, 18],
        [226, 0, 238],
        [111, 29, 229],
        [76, 80, 169],
        [187, 113, 112],
        [5, 149, 162],
        [235, 194, 197],
        [243, 232, 29],
    ],
}


def pattern() -> Picture:
    row, column = np.mgrid[0:24, 0:24].astype(np.float32)
    squares = ((column // 4 + row // 4) % 2) * 0.8 + 0.1
    channels = np.stack([column / 23, row / 23, squares], 2)
    return Picture(np.round(channels * 255).astype(np.uint8))


def cat(width: int, height: int) -> Picture:
    return Picture(np.ascontiguousarray(data.cat()[60 : 60 + height, 100 : 100 + width]))


@pytest.fixture(scope="module")
def small() -> RealEsrgan:
    """The fast network."""
    return load(real_model("upscale-video"), CPU)


def in_tiles(model_id: str, side: int, monkeypatch, margins: Margins | None = None) -> RealEsrgan:
    monkeypatch.setitem(realesrgan._LARGEST_SIDE, "cpu", side)
    network = read_network(real_model(model_id))
    return RealEsrgan(replace(network, margins=margins or network.margins), CPU)


@pytest.mark.parametrize("model_id", REFERENCE)
def test_it_gives_what_the_reference_implementation_gives(model_id):
    large = load(real_model(model_id), CPU).upscale(pattern(), factor=4, progress=silent_progress())

    off = np.abs(large.pixels[POINTS].astype(int) - np.array(REFERENCE[model_id]))
    assert off.max() <= 1


def test_twice_as_large_is_the_mean_of_four_times_as_large(small):
    two = small.upscale(cat(40, 30), factor=2, progress=silent_progress()).pixels
    four = small.upscale(cat(40, 30), factor=4, progress=silent_progress()).pixels

    means = four.reshape(60, 2, 80, 2, 3).mean((1, 3))
    assert two.shape == (60, 80, 3)
    assert np.abs(two - means).max() <= 1


def test_another_factor_is_a_bug(small):
    with pytest.raises(ValueError, match="not 3"):
        small.upscale(cat(8, 8), factor=3, progress=silent_progress())


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3, 2)])
def test_thin_and_tiny_pictures_are_enlarged_too(small, size):
    width, height = size
    large = small.upscale(
        Picture(np.full((height, width, 3), 90, np.uint8)), factor=4, progress=silent_progress()
    )

    assert (large.width, large.height) == (4 * width, 4 * height)
    assert abs(float(large.pixels.mean()) - 90) < 25


def test_alpha_is_enlarged_on_its_own(small):
    alpha = np.zeros((30, 40, 1), np.uint8)
    alpha[:, 20:] = 255
    picture = Picture(np.dstack([cat(40, 30).pixels, alpha]))

    large = small.upscale(picture, factor=2, progress=silent_progress())
    plain = small.upscale(cat(40, 30), factor=2, progress=silent_progress())

    assert large.pixels.shape == (60, 80, 4)
    assert np.array_equal(large.pixels[:, :, :3], plain.pixels)
    assert (large.pixels[:, :36, 3].max(), large.pixels[:, 44:, 3].min()) == (0, 255)


def test_tiles_of_the_small_network_leave_no_trace(small, monkeypatch):
    whole = small.upscale(cat(150, 110), factor=4, progress=silent_progress())
    tiled = in_tiles("upscale-video", 70, monkeypatch).upscale(
        cat(150, 110), factor=4, progress=silent_progress()
    )

    assert np.abs(whole.pixels.astype(int) - tiled.pixels).max() <= 1


def test_tiles_of_the_large_network_leave_no_seam(monkeypatch):
    picture = cat(112, 40)
    whole = in_tiles("upscale-x4plus", 256, monkeypatch).upscale(
        picture, factor=4, progress=silent_progress()
    )
    tiled = in_tiles("upscale-x4plus", 96, monkeypatch).upscale(
        picture, factor=4, progress=silent_progress()
    )
    off = tiled.pixels.astype(int) - whole.pixels

    # A seam is a line along which the error jumps: from one column to the next, all the way down.
    jumps = np.abs(np.diff(off, axis=1)).mean((0, 2))
    assert np.abs(off).mean() < 0.5
    assert jumps.max() < 1


def test_it_reports_tiles_and_stops_between_two(monkeypatch):
    steps: list[Step] = []

    def check() -> None:
        if len(steps) == 3:
            raise Cancelled("Stop.")

    upscaler = in_tiles("upscale-video", 60, monkeypatch)
    with pytest.raises(Cancelled):
        upscaler.upscale(cat(150, 110), factor=4, progress=Progress(steps.append, check))

    assert [step.step for step in steps] == [0, 1, 2]
    assert steps[-1].steps > 3


class Scarce:
    """A network that runs out of memory, as torch's allocator says it, on tiles above a size."""

    def __init__(self, largest: int) -> None:
        self.largest, self.sides = largest, []

    def __call__(self, tile: torch.Tensor) -> torch.Tensor:
        self.sides.append(max(tile.shape[2:]))
        if self.sides[-1] > self.largest:
            torch.empty(1 << 50)
        return tile.repeat_interleave(4, 2).repeat_interleave(4, 3)


def pooled(upscaler: RealEsrgan):
    """The upscaler as a job uses it: from a pool."""
    engine = replace(realesrgan.ENGINE, load=lambda _model, _device: upscaler)
    pool = Pool(ProcessBudget(), lambda _name: engine, CPU)
    return pool.get(real_model("upscale-video"), UPSCALER), pool


def test_tiles_shrink_when_memory_runs_out(monkeypatch):
    upscaler = in_tiles("upscale-video", 256, monkeypatch)
    upscaler._module = network = Scarce(100)
    offer, pool = pooled(upscaler)

    offer.upscale(cat(200, 100), factor=4, progress=silent_progress())

    failed = [n for n, side in enumerate(network.sides) if side > 100]
    assert len(failed) == 2, "at 256 px a side and at 128"
    assert max(network.sides[failed[-1] + 1 :]) <= 64
    assert pool.loaded()[0].thrift == 2


def test_when_the_smallest_tiles_are_too_large_the_work_fails_and_later_work_does_not(monkeypatch):
    upscaler = in_tiles("upscale-video", 256, monkeypatch)
    upscaler._module = network = Scarce(10)
    offer, _pool = pooled(upscaler)

    with pytest.raises(ProcessingFailed, match="Memory does not suffice"):
        offer.upscale(cat(200, 100), factor=4, progress=silent_progress())
    network.largest = 300
    large = offer.upscale(cat(200, 100), factor=4, progress=silent_progress())

    assert (large.width, large.height) == (800, 400)


def test_wrong_weights_are_told_and_not_half_loaded(tmp_path):
    model = real_model("upscale-video")
    for each in model.files:
        (tmp_path / each.name).write_bytes(model.path(each.name).read_bytes()[:-100])

    with pytest.raises(ProcessingFailed, match=r"upscale-video cannot be loaded: .* Install it"):
        load(replace(model, folder=tmp_path), CPU)
    with pytest.raises(ProcessingFailed, match=r"one \.param and one \.bin"):
        load(replace(model, files=model.files[:1]), CPU)
