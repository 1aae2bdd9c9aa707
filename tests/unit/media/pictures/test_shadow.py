"""Shadows on arrays."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.media.pictures.shadow import shadow


def box(top: int, bottom: int, left: int = 150, right: int = 250) -> np.ndarray:
    alpha = np.zeros((400, 400), np.float32)
    alpha[top:bottom, left:right] = 1
    return alpha


@pytest.mark.parametrize("kind", ["contact", "drop"])
def test_a_shadow_is_soft_dark_and_never_black(kind):
    dark = shadow(kind, box(100, 300))

    assert dark.dtype == np.float32
    assert 0.2 < dark.max() < 0.6
    assert dark.min() >= 0
    assert np.abs(np.diff(dark, axis=0)).max() < 0.3


def test_a_contact_shadow_lies_along_the_base_and_nowhere_else():
    dark = shadow("contact", box(100, 300))

    assert abs(int(dark.max(axis=1).argmax()) - 299) <= 2
    assert dark[:250].max() < 0.01
    assert dark[330:].max() < 0.02
    assert dark[300, 200] > 2 * dark[300, 140]


def test_a_contact_shadow_follows_what_stands_and_not_what_hangs():
    alpha = box(100, 300)
    alpha[100:250, 250:330] = 1  # a handle, well above the ground

    dark = shadow("contact", alpha)

    assert dark[300, 200] > 0.3
    assert dark[255, 300] < 0.02


def test_a_drop_shadow_is_the_silhouette_a_little_lower():
    dark = shadow("drop", box(100, 300))

    rows, columns = (np.average(np.arange(400), weights=dark.sum(axis=a)) for a in (1, 0))
    assert 203 < rows < 210
    assert columns == pytest.approx(199.5, abs=1)


@pytest.mark.parametrize("kind", ["none", "contact", "drop"])
def test_without_a_product_or_a_wish_there_is_no_shadow(kind):
    assert not shadow(kind, np.zeros((20, 30), np.float32)).any()
    assert not shadow("none", box(100, 300)).any()


def test_another_kind_is_a_mistake():
    with pytest.raises(ValueError, match="long"):
        shadow("long", box(100, 300))


@pytest.mark.parametrize("kind", ["contact", "drop"])
def test_a_shadow_scales_with_the_frame(kind):
    small = shadow(kind, box(100, 300))
    large = shadow(kind, box(100, 300).repeat(4, 0).repeat(4, 1))

    assert np.abs(large[2::4, 2::4] - small).max() < 0.12
