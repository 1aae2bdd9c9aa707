"""Reading pictures that are wanted smaller."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from appliance.core.errors import BrokenMedia, TooLarge
from appliance.media.pictures.decode import decode
from appliance.media.pictures.opening import opened
from appliance.media.pictures.resize import Plan, resized
from appliance.media.pictures.shrinking import read_fitted, upright_for
from tests.support.media import colours, svg, truncated, written


def planned(scaled):
    return lambda _size: Plan(scaled, scaled)


@pytest.mark.parametrize(
    ("wanted", "read"),
    [((400, 300), (400, 300)), ((200, 150), (400, 300)), ((100, 75), (200, 150)),
     ((90, 70), (200, 150)), ((25, 20), (100, 75)), ((25, 18), (50, 38)), ((800, 600), (400, 300))],
)  # fmt: skip
def test_of_a_jpeg_twice_the_wanted_size_is_read(tmp_path, wanted, read):
    path = written(tmp_path, "jpeg", colours(400, 300))

    with opened(path, "image/jpeg", limit_px=10**6) as image:
        read_image, how = upright_for(image, planned(wanted), limit_px=10**6)

    assert read_image.size == read
    assert how.scaled == wanted


def test_a_turned_jpeg_is_planned_as_it_is_seen(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = written(tmp_path, "jpeg", colours(400, 100), exif=exif)
    seen = []

    with opened(path, "image/jpeg", limit_px=10**6) as image:
        done, _ = upright_for(
            image, lambda size: seen.append(size) or Plan((25, 100), (25, 100)), limit_px=10**6
        )

    assert seen == [(100, 400)]
    assert done.size == (50, 200)


def test_reading_less_hardly_changes_what_comes_of_it(tmp_path):
    path = written(tmp_path, "jpeg", colours(400, 300), quality=95)
    whole = Image.fromarray(decode(path, limit_px=10**6).pixels)
    plain = np.asarray(resized(whole, Plan((80, 60), (80, 60))))

    small = read_fitted(path, (80, 60), "fill", limit_px=10**6, border="#FFFFFF")

    assert np.abs(np.asarray(small).astype(int) - plain).mean() < 2


@pytest.mark.parametrize("ending", ["png", "webp", "heic", "tiff"])
def test_other_kinds_are_read_whole(tmp_path, ending):
    path = written(tmp_path, ending, colours(400, 300))

    made = read_fitted(path, (40, 40), "contain", limit_px=10**6, border="#0000FF")

    assert (made.size, made.mode) == ((40, 40), "RGB")
    assert made.getpixel((0, 0)) == (0, 0, 255)


def test_a_drawing_is_fitted(tmp_path):
    (tmp_path / "a.svg").write_text(svg('<rect width="20" height="20"/>'))

    made = read_fitted(tmp_path / "a.svg", (8, 8), "cover", limit_px=10**6, border="#FFFFFF")

    assert made.size == (8, 8)


def test_what_is_damaged_or_too_large_is_refused(tmp_path):
    path = written(tmp_path, "jpeg", colours(400, 300))

    with pytest.raises(TooLarge):
        read_fitted(path, (4, 4), "cover", limit_px=1000, border="#FFFFFF")
    with pytest.raises(BrokenMedia):
        read_fitted(truncated(path), (400, 300), "cover", limit_px=10**6, border="#FFFFFF")
