"""Small PNG files."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from appliance.media.pictures.small_png import small_png
from tests.support.media import colours


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("alpha", [True, False])
def test_all_colours_are_kept_unless_few_will_do(alpha):
    pixels = colours(alpha=alpha)

    assert np.array_equal(
        np.asarray(opened(small_png(Image.fromarray(pixels), indexed=False))), pixels
    )


@pytest.mark.parametrize("alpha", [True, False])
def test_few_colours_make_a_smaller_file_that_looks_alike(alpha):
    noise = np.random.default_rng(1).normal(0, 3, (150, 200, 4 if alpha else 3))
    pixels = (colours(200, 150, alpha=alpha) + noise).clip(0, 255).astype(np.uint8)

    few = small_png(Image.fromarray(pixels), indexed=True)

    with opened(few) as image:
        assert image.mode == "P"
        seen = np.asarray(image.convert("RGBA" if alpha else "RGB")).astype(int)
    if alpha:
        assert np.abs(seen[..., 3] - pixels[..., 3]).mean() < 16
        pixels, seen = (np.where(each[..., 3:] > 0, each, 0) for each in (pixels, seen))
    assert np.abs(seen - pixels).mean() < 16
    assert len(few) < len(small_png(Image.fromarray(pixels.astype(np.uint8)), indexed=False))
