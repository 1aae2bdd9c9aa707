"""What ffmpeg is told, before it is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.files import Kind
from appliance.media.ffmpeg.commands import (
    BARE,
    DEMUXERS,
    TETHER,
    Span,
    encoding,
    into,
    opened,
    probing,
    reading,
)
from appliance.media.formats import READS

FILE = Path("/somewhere/-i; rm.mp4")


def test_every_sound_and_video_that_is_read_has_a_demuxer_and_no_playlist_has():
    assert DEMUXERS.keys() == {mime for mime, kind in READS.items() if kind is not Kind.IMAGE}
    assert not {"hls", "concat", "dash", "concatf", "ffconcat"} & set(DEMUXERS.values())


@pytest.mark.parametrize("mime", DEMUXERS)
def test_a_file_is_opened_as_what_it_is_and_over_no_other_protocol(mime):
    arguments = opened(mime)

    assert arguments[arguments.index("-protocol_whitelist") + 1] == "file"
    assert arguments[arguments.index("-f") + 1] == DEMUXERS[mime]
    assert "-codec_whitelist" in arguments


def test_a_name_is_one_argument_and_never_an_option():
    for command in (probing(FILE, "video/mp4"), reading(FILE, "video/mp4"), into(FILE, "mp4")):
        assert command[-1] == "file:/somewhere/-i; rm.mp4"


def test_a_span_is_read_and_not_more():
    arguments = reading(FILE, "video/mp4", Span(1.5, 2.25))

    assert arguments[-6:-2] == ["-ss", "1.500", "-t", "2.250"]
    assert "-ss" not in reading(FILE, "video/mp4")


def test_the_program_hangs_on_its_child_and_tells_how_far_it_is():
    command = encoding(["-i", "a"], BARE)

    assert tuple(command[: len(TETHER)]) == TETHER
    assert command[command.index("-progress") + 1] == "pipe:1"
    assert "-nostdin" in command
    assert command[-len(BARE) :] == list(BARE)
