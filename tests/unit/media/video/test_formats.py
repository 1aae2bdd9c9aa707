"""The video formats that are written."""

from __future__ import annotations

import pytest

from appliance import media
from appliance.core.files import Kind
from appliance.media.video.formats import CODERS, VIDEO_WRITES, own_video_format


def test_every_written_film_can_be_read_again():
    assert {media.READS[each.mime] for each in VIDEO_WRITES.values()} == {Kind.VIDEO}


def test_every_container_names_coders_that_there_are():
    assert {name for each in VIDEO_WRITES.values() for name in each.codecs} == set(CODERS)
    assert all(each.crf < each.worst for each in CODERS.values())


@pytest.mark.parametrize(
    ("mime", "format"),
    [("video/quicktime", "mov"), ("video/webm", "webm"), ("video/x-msvideo", "mp4")],
)
def test_a_film_stays_in_its_format(mime, format):
    assert own_video_format(mime) == format
