"""The size a picture is made in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.engines.diffusion.sizes import derived, nearest

SDXL = ((1024, 1024), (1152, 896), (896, 1152), (1344, 768), (768, 1344), (512, 512))


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ((1024, 1024), (1024, 1024)),
        ((2048, 2048), (1024, 1024)),
        ((600, 600), (512, 512)),
        ((1024, 768), (1152, 896)),
        ((768, 1024), (896, 1152)),
        ((2048, 256), (1344, 768)),
        ((256, 1024), (768, 1344)),
    ],
)
def test_the_nearest_shape_wins_then_the_nearest_area(asked, made):
    assert nearest(asked, SDXL) == made


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ((1024, 1024), (1024, 1024)),
        ((1216, 832), (1216, 832)),
        ((1000, 1000), (992, 992)),
        ((2048, 2048), (1024, 1024)),
        ((256, 256), (1024, 1024)),
        ((2048, 1024), (1456, 720)),
    ],
)
def test_a_model_without_listed_sizes_gets_the_shape_at_its_own_area(asked, made):
    assert derived(asked, 1024, 16) == made


@given(width=st.integers(32, 256), height=st.integers(32, 256))
def test_a_derived_size_keeps_shape_and_area(width, height):
    made = derived((width * 8, height * 8), 1024, 16)

    assert made[0] % 16 == made[1] % 16 == 0
    assert made[0] / made[1] == pytest.approx(width / height, rel=0.05)
    assert 0.45 < made[0] * made[1] / 1024**2 < 1.55
