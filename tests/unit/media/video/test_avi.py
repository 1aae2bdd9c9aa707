"""Length and size of AVI files."""

from __future__ import annotations

import pytest

from appliance.core.errors import BrokenMedia
from appliance.media.video.avi import facts_of_avi
from tests.support.boxes import facts_of
from tests.support.films import film


@pytest.fixture(scope="module")
def avi(tmp_path_factory):
    return film(tmp_path_factory.mktemp("avi") / "a.avi").read_bytes()


@pytest.fixture
def read(tmp_path):
    return lambda content: facts_of(tmp_path / "b.avi", content, facts_of_avi)


def test_length_and_size_are_told(read, avi):
    told = read(avi)

    assert (told.width_px, told.height_px) == (96, 64)
    assert told.seconds == pytest.approx(1.0, abs=0.2)


def test_a_film_that_ends_before_its_chunks_is_cut_off(read, avi):
    with pytest.raises(BrokenMedia, match="cut off"):
        read(avi[:-5000])


def test_a_film_without_headers_is_damaged(read, avi):
    with pytest.raises(BrokenMedia, match="header is damaged"):
        read(avi.replace(b"hdrl", b"junk"))
