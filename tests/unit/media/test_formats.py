"""The tables of formats, and what `media` hands out by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from appliance import media
from appliance.core.files import Kind


def test_every_written_format_has_its_own_mime_and_ending():
    assert len({each.mime for each in media.WRITES.values()}) == len(media.WRITES)
    assert len({each.ending for each in media.WRITES.values()}) == len(media.WRITES)


def test_every_written_picture_but_pdf_can_be_read_again():
    unread = {name for name, each in media.WRITES.items() if each.mime not in media.READS}

    assert unread == {"pdf"}


def test_each_read_mime_has_the_kind_of_its_family():
    assert all(mime.startswith(str(kind)) for mime, kind in media.READS.items())
    assert set(media.READS.values()) == {Kind.IMAGE, Kind.VIDEO, Kind.AUDIO}


@pytest.mark.parametrize("name", sorted(media._MODULE_OF))
def test_everything_that_media_names_is_there(name):
    assert getattr(media, name) is not None


def test_another_name_is_not_there():
    with pytest.raises(AttributeError, match="media has no sculpture"):
        _ = media.sculpture


def test_what_the_web_process_calls_loads_no_heavy_library():
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from appliance import media; import appliance.operations as o\n"
            "o.discover(); media.sniff, media.probe, media.describe, media.WRITES\n"
            "print(sorted({'cv2', 'numpy', 'PIL', 'segno', 'resvg_py'} & set(sys.modules)))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == "[]"
