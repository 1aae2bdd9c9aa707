"""Every picture tool makes something of whatever strangers send, or says clearly why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance import media
from appliance.core.errors import ApplianceError, InvalidInput, TooLarge
from appliance.core.files import Upload
from appliance.operations import discover
from tests.support.context import FolderContext
from tests.support.media import upload
from tests.support.strangers import HOSTILE, STRANGERS

# By operation: what is asked beside the picture, and the size that comes of one of `w` × `h`.
TOOLS: dict[str, tuple[dict[str, Any], Any]] = {
    "tools.image_convert": ({"output_format": "webp"}, lambda w, h: (w, h)),
    "tools.background_remove": ({}, lambda w, h: (w, h)),
    "tools.image_resize": (
        {"percent": 50},
        lambda w, h: (max(1, round(w / 2)), max(1, round(h / 2))),
    ),
    "tools.image_compress": ({"quality": 60}, lambda w, h: (w, h)),
    "tools.image_crop": ({"aspect": "1:1"}, lambda w, h: (min(w, h), min(w, h))),
    "tools.watermark": ({"text": "© Ñandú"}, lambda w, h: (w, h)),
    "tools.metadata": ({"action": "strip"}, lambda w, h: (w, h)),
    "tools.collage": ({"cell_width": 64, "cell_height": 48, "gap": 0}, lambda w, h: (128, 48)),
}
# What a tool has to refuse, and for which field.
REFUSED = {
    ("tools.background_remove", name): "image"
    for name in ("svg", "webp-moving", "gif-moving", "apng", "1x1", "1x1-clear")
}


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Upload]:
    """All of them, each in a folder of its own."""
    makers = {name: make for name, (make, _size) in STRANGERS.items()} | HOSTILE
    return {
        name: upload(make(tmp_path_factory.mktemp(name)), f"{name}.bin")
        for name, make in makers.items()
    }


def run(tmp_path: Path, tool: str, image: Upload, asked: dict[str, Any]) -> Any:
    operation = discover()[tool]
    file = {"images": [image, image]} if tool == "tools.collage" else {"image": image}
    return operation.run(FolderContext(tmp_path), operation.read(file | asked))


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_makes_something_of_a_strangers_picture(tmp_path, strangers, tool, name):
    asked, size = TOOLS[tool]
    if (tool, name) in REFUSED:
        with pytest.raises(InvalidInput) as told:
            run(tmp_path, tool, strangers[name], asked)
        assert told.value.field == REFUSED[tool, name]
        return

    output = run(tmp_path, tool, strangers[name], asked)

    made = media.decode(output.files[0].made().path, limit_px=100_000_000)
    assert (made.width, made.height) == size(*STRANGERS[name][1])


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_refuses_what_is_damaged_or_too_large(tmp_path, strangers, tool, name):
    wanted = TooLarge if name == "bomb" else InvalidInput

    with pytest.raises(wanted) as told:
        run(tmp_path, tool, strangers[name], TOOLS[tool][0])

    assert told.value.message.endswith(".")


@pytest.mark.parametrize("name", [*STRANGERS, *HOSTILE])
def test_what_any_file_says_is_read_or_refused(tmp_path, strangers, name):
    try:
        output = run(tmp_path, "tools.metadata", strangers[name], {"action": "read"})
    except ApplianceError:
        assert name in HOSTILE
        return

    if name in STRANGERS:
        assert (output.facts["width"], output.facts["height"]) == STRANGERS[name][1]


@pytest.mark.parametrize("name", STRANGERS)
def test_words_are_written_into_any_file_that_holds_them(tmp_path, strangers, name):
    asked = {"action": "write", "title": "Bola roja"}
    if name == "gif-moving":
        with pytest.raises(InvalidInput, match="convert"):
            run(tmp_path, "tools.metadata", strangers[name], asked)
        return

    output = run(tmp_path, "tools.metadata", strangers[name], asked)

    told = media.read_metadata(output.files[0].made().path, limit_px=100_000_000)
    assert told["xmp"]["dc:title"] == "Bola roja"
    assert "gps" not in told
    assert (told["width"], told["height"]) == STRANGERS[name][1]


def test_every_picture_tool_meets_the_strangers():
    pictures = {
        op.name for op in discover() if op.fields[0].is_file and op.name.startswith("tools.")
    }

    assert pictures == {*TOOLS, "tools.metadata"}
