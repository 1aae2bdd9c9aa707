"""The sound formats that are written."""

from __future__ import annotations

import pytest

from appliance import media
from appliance.core.files import Kind, Upload
from appliance.media.sound.formats import SOUND_WRITES, own_format


def test_every_written_sound_can_be_read_again():
    assert {media.READS[each.mime] for each in SOUND_WRITES.values()} == {Kind.AUDIO}
    assert len({each.ending for each in SOUND_WRITES.values()}) == len(SOUND_WRITES)


@pytest.mark.parametrize(
    ("mime", "content", "format"),
    [
        ("audio/mpeg", b"", "mp3"),
        ("audio/ogg", b"OggS" + b"\0" * 24 + b"OpusHead", "opus"),
        ("audio/ogg", b"OggS" + b"\0" * 24 + b"\1vorbis", "ogg"),
        ("audio/mp4", b"", "m4a"),
        ("video/webm", b"", "m4a"),
    ],
)
def test_sound_stays_in_its_format(tmp_path, mime, content, format):
    path = tmp_path / "file"
    path.write_bytes(content)

    assert own_format(Upload("upl_1", path, "a", mime, Kind.AUDIO, 1, "")) == format
