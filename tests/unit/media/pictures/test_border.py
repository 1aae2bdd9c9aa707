"""The background learnt from a picture's border."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.media.pictures.border import fit_border, resample, to_lab
from tests.support.media import colours
from tests.support.scenes import scene

PLAIN = ("white", "grey", "gradient", "vignette", "blue", "table")


def lab_of(background: str, **how):
    drawn = scene("bottle", background, size=(240, 320), **how)
    return to_lab(drawn.pixels), drawn.mask


@pytest.mark.parametrize("background", PLAIN)
@pytest.mark.parametrize("at", [(0.5, 0.5), (0.5, 0.85)])
def test_smooth_backgrounds_are_explained_also_where_a_product_reaches_the_border(background, at):
    lab, mask = lab_of(background, at=at)
    border = fit_border(lab)

    far = np.linalg.norm(lab - border.colours(lab), axis=2)
    assert border.explained > 0.9
    assert border.noise < 2.5
    assert np.median(far[mask == 0]) < 3
    assert np.median(far[mask == 1]) > 15


def test_wall_and_table_are_two_surfaces_with_a_seam_between():
    lab, mask = lab_of("table")
    border = fit_border(lab)

    seams = np.argwhere(border.seams(lab) & (mask == 0))[:, 0] / lab.shape[0]
    assert len(border.surfaces) == 2
    assert seams.min() > 0.6
    assert seams.max() < 0.64


@pytest.mark.parametrize("background", ["white", "gradient"])
def test_one_surface_has_no_seams(background):
    lab, _ = lab_of(background)

    assert not fit_border(lab).seams(lab).any()


def test_a_cluttered_background_is_not_explained():
    border = fit_border(lab_of("clutter")[0])

    assert border.explained < 0.2
    assert border.noise > 10


def test_a_product_along_one_edge_is_no_second_surface():
    lab, mask = lab_of("white", at=(0.5, 0.9))

    border = fit_border(lab)

    assert len(border.surfaces) == 1
    assert np.linalg.norm(lab - border.colours(lab), axis=2)[mask == 1].min() > 3


def test_lab_of_known_colours():
    lab = to_lab(np.array([[[255, 255, 255], [255, 0, 0], [0, 0, 0]]], np.uint8))

    assert lab[0] == pytest.approx(np.array([[100, 0, 0], [53.2, 80.1, 67.2], [0, 0, 0]]), abs=0.2)


@pytest.mark.parametrize("size", [(20, 10), (48, 32), (96, 80)])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_resampling_keeps_kind_and_mean(size, kind):
    values = colours()[..., 0].astype(kind)

    again = resample(values, size)

    assert (again.shape, again.dtype) == (size[::-1], values.dtype)
    assert float(again.mean()) == pytest.approx(float(values.mean()), abs=3)
