"""Every picture tool makes something of whatever strangers send, or says clearly why not; so do the
product family's frame and enlargement.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance import media
from appliance.core.abilities.upscaler import UPSCALER
from appliance.core.errors import ApplianceError, InvalidInput, TooLarge
from appliance.core.files import Kind, Upload
from appliance.core.picture import Picture
from appliance.core.progress import Progress
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
    "product.process": ({"width": 64, "height": 64}, lambda w, h: (64, 64)),
    "image.upscale": ({"factor": 2}, lambda w, h: (2 * w, 2 * h)),
}
# What has to be refused, and how: all of the field `image`.
WITHOUT_A_PRODUCT = ("svg", "webp-moving", "gif-moving", "apng", "1x1", "1x1-clear")
REFUSED: dict[tuple[str, str], type[ApplianceError]] = {
    ("image.upscale", "panorama"): TooLarge,
    **{
        (tool, name): InvalidInput
        for tool in ("tools.background_remove", "product.process")
        for name in WITHOUT_A_PRODUCT
    },
}
# Those that show the scene, and the colour of its ball in sRGB, where it is not red.
SHOWING = [
    name for name, (_make, size) in STRANGERS.items() if size == (320, 240) and name != "svg"
]
RED, BALLS = (200, 40, 40), {"adobe-rgb": (233, 35, 35), "grey-alpha": (88, 88, 88)}
# Where the ball is in what a tool makes of it; a crop goes where most stands out.
WHERE: dict[str, Any] = dict.fromkeys(TOOLS, lambda w, h: (w * 5 // 8, h // 2)) | {
    "tools.collage": lambda w, h: (40, 24),
    "tools.image_crop": lambda w, h: (w // 2, h // 2),
    "product.process": lambda w, h: (w // 2, h // 2),
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
    context = FolderContext(tmp_path, {UPSCALER.name: Repeating()})
    return operation.run(context, operation.read(file | asked))


class Repeating:
    """An upscaler that repeats pixels: what is tested is what it is given."""

    def upscale(self, picture: Picture, *, factor: int, progress: Progress) -> Picture:
        return Picture(picture.pixels.repeat(factor, 0).repeat(factor, 1))


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_makes_the_right_thing_of_a_strangers_picture(tmp_path, strangers, tool, name):
    asked, size = TOOLS[tool]
    if (tool, name) in REFUSED:
        with pytest.raises(REFUSED[tool, name]) as told:
            run(tmp_path, tool, strangers[name], asked)
        assert told.value.field == "image"
        return

    output = run(tmp_path, tool, strangers[name], asked)

    made = media.decode(output.files[0].made().path, limit_px=100_000_000)
    assert (made.width, made.height) == size(*STRANGERS[name][1])
    if name in SHOWING:
        x, y = WHERE[tool](made.width, made.height)
        ball = made.pixels[y, x]
        assert np.abs(ball[:3].astype(int) - BALLS.get(name, RED)).max() <= 12, ball
        assert ball[3:].tolist() in ([], [255])


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
    if name in ("gif-moving", "bmp"):
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
        op.name
        for op in discover()
        if op.name.startswith("tools.")
        and op.fields[0].is_file
        and Kind.IMAGE in op.fields[0].kinds
    }

    assert pictures == {tool for tool in TOOLS if tool.startswith("tools.")}


def test_a_frame_tells_that_only_the_first_page_is_in_it(tmp_path, strangers):
    output = run(tmp_path, "product.process", strangers["pages"], TOOLS["product.process"][0])

    assert any("2 pages" in each for each in output.warnings)
