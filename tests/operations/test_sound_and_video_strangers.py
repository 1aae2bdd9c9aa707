"""Every sound and video tool makes something of what strangers send, or says clearly why not."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from appliance.core.errors import ApplianceError, BrokenMedia, InvalidInput, UnsupportedMedia
from appliance.core.files import Kind, Upload
from appliance.core.operation import Output
from appliance.operations import discover
from tests.support.context import FolderContext
from tests.support.films import FILMS, SOUNDS, film, in_hdr, playlist, sound, text, without_index
from tests.support.media import upload, written

# By operation: what is asked beside the file.
SOUND_TOOLS: dict[str, dict[str, Any]] = {
    "tools.audio_convert": {"output_format": "mp3"},
    "tools.audio_normalize": {"target_lufs": -18},
}
VIDEO_TOOLS: dict[str, dict[str, Any]] = {
    "tools.video_convert": {"height": 32},
    "tools.video_trim": {"start": 0.2, "end": 0.8},
    "tools.video_thumbnail": {},
    "tools.gif_make": {"width": 64, "fps": 5},
}
KINDS = {
    **dict.fromkeys(SOUND_TOOLS, Kind.AUDIO),
    **dict.fromkeys(("tools.video_convert", "tools.video_trim"), Kind.VIDEO),
    **dict.fromkeys(("tools.video_thumbnail", "tools.gif_make"), Kind.IMAGE),
}


def _pairs(tools: dict[str, Any], names: dict[str, Any]) -> list[Any]:
    """Each tool with each file; two of three only in the long suite."""
    found = [(tool, name) for tool in tools for name in names]
    marks = [(), (pytest.mark.slow,), (pytest.mark.slow,)]
    # Steps of three over rows whose length is no multiple of three meet every tool and every file.
    return [pytest.param(*pair, marks=marks[at % 3]) for at, pair in enumerate(found)]


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Upload]:
    makers = SOUNDS | {name: make for name, (make, _size) in FILMS.items()}
    return {
        name: upload(make(tmp_path_factory.mktemp(name)), f"{name}.bin")
        for name, make in makers.items()
    }


def run(folder: Path, tool: str, file: Upload, **asked: Any) -> Output:
    operation = discover()[tool]
    return operation.run(
        FolderContext(folder), operation.read({operation.fields[0].name: file, **asked})
    )


@pytest.mark.parametrize(("tool", "name"), _pairs(SOUND_TOOLS, SOUNDS | FILMS))
def test_a_sound_tool_makes_something_of_a_strangers_file(tmp_path, strangers, tool, name):
    output = run(tmp_path, tool, strangers[name], **SOUND_TOOLS[tool])

    (made,) = (file.made() for file in output.files)
    assert made.kind is KINDS[tool]
    assert made.facts.seconds == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(("tool", "name"), _pairs(VIDEO_TOOLS, FILMS))
def test_a_video_tool_makes_something_of_a_strangers_film(tmp_path, strangers, tool, name):
    output = run(tmp_path, tool, strangers[name], **VIDEO_TOOLS[tool])

    (made,) = (file.made() for file in output.files)
    assert made.kind is KINDS[tool]
    upright = made.facts.width_px > made.facts.height_px
    assert upright == (name != "mp4-phone")


@pytest.mark.parametrize("tool", VIDEO_TOOLS)
def test_a_sound_file_is_no_film_even_with_a_cover(strangers, tool):
    assert strangers["mp3-cover"].kind is Kind.AUDIO
    assert discover()[tool].fields[0].kinds == (Kind.VIDEO,)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (playlist, UnsupportedMedia),
        (text, UnsupportedMedia),
        (without_index, BrokenMedia),
        (lambda folder: written(folder, "png").rename(folder / "a.mp3"), None),
    ],
)
def test_what_is_no_film_is_told_before_a_tool_sees_it(tmp_path, make, error):
    if error is None:  # a picture is one, whatever it is called: no sound tool takes it
        assert upload(make(tmp_path)).kind is Kind.IMAGE
        return
    with pytest.raises(error) as told:
        upload(make(tmp_path))

    assert told.value.code == (
        "unsupported_media" if error is UnsupportedMedia else "invalid_input"
    )


def test_an_empty_file_is_none(tmp_path):
    path = tmp_path / "a.mp4"
    path.touch()

    with pytest.raises(UnsupportedMedia, match="is empty"):
        upload(path)


def test_a_file_damaged_behind_a_sound_header_is_refused_by_every_tool(tmp_path):
    path = film(tmp_path / "a.mp4")
    data = path.read_bytes()
    at = data.index(b"mdat") + 4
    path.write_bytes(
        data[:at] + b"\xff" * (data.index(b"moov") - at - 4) + data[data.index(b"moov") - 4 :]
    )
    damaged = upload(path)

    for tool, asked in (SOUND_TOOLS | VIDEO_TOOLS).items():
        folder = tmp_path / tool
        folder.mkdir()
        with pytest.raises(ApplianceError) as told:
            run(folder, tool, damaged, **asked)
        assert told.value.code == "invalid_input", tool


@pytest.mark.parametrize(
    "count", [pytest.param(6, id="some"), pytest.param(120, id="all", marks=pytest.mark.slow)]
)
def test_noise_in_a_file_gives_a_result_or_a_refusal_and_no_crash(tmp_path, strangers, count):
    chance, names = random.Random(7), sorted(strangers)
    for number in range(count):
        name = names[number % len(names)]
        data = bytearray(strangers[name].path.read_bytes())
        for _ in range(chance.choice((1, 20, 400))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path = tmp_path / f"{number}"
        path.write_bytes(data)
        folder = tmp_path / f"made-{number}"
        folder.mkdir()
        tool = "tools.audio_convert" if number % 2 else "tools.video_thumbnail"
        try:
            run(folder, tool, upload(path), **SOUND_TOOLS.get(tool, {}))
        except ApplianceError as error:
            assert error.code in ("invalid_input", "unsupported_media"), (name, number, error)


def test_a_film_in_hdr_is_mapped_and_says_so(tmp_path):
    output = run(tmp_path, "tools.video_convert", upload(in_hdr(tmp_path)))

    assert "HDR" in output.warnings[0]
    assert not output.facts["sound"]


@pytest.mark.parametrize("tool", SOUND_TOOLS)
def test_a_silent_film_has_nothing_to_hear(tmp_path, tool):
    with pytest.raises(InvalidInput, match="no sound") as told:
        run(tmp_path, tool, upload(in_hdr(tmp_path)), **SOUND_TOOLS[tool])

    assert told.value.field == "audio"


@pytest.mark.parametrize("tool", VIDEO_TOOLS)
def test_a_film_of_sound_alone_has_nothing_to_see(tmp_path, tool):
    heard = upload(sound(tmp_path / "a.mkv", "-c:a", "aac"))
    assert heard.kind is Kind.VIDEO

    with pytest.raises(InvalidInput, match="no moving picture") as told:
        run(tmp_path, tool, heard, **VIDEO_TOOLS[tool])

    assert told.value.field == "video"


def test_every_sound_and_video_tool_meets_the_strangers():
    kinds = {Kind.AUDIO, Kind.VIDEO}
    files = {op.name for op in discover() if op.fields and kinds & set(op.fields[0].kinds)}

    assert {name for name in files if name.startswith("tools.")} == {*SOUND_TOOLS, *VIDEO_TOOLS}
