"""tools.gif_make, from an upload to a file."""

from __future__ import annotations

import dataclasses

import pytest

from appliance.core.errors import TooLarge
from appliance.core.files import Facts
from appliance.operations.tools.gif_make import gif_make
from tests.support.context import FolderContext
from tests.support.films import film
from tests.support.media import upload


def test_a_gif_lies_alone_and_its_making_was_told(tmp_path):
    context = FolderContext(tmp_path)
    given = upload(film(tmp_path / "a.mp4"), "baile.mp4")

    output = gif_make.run(context, gif_make.read({"video": given, "fps": 5}))

    assert [path.name for path in context.folder.iterdir()] == ["baile.gif"]
    assert output.facts["fps"] == 5
    assert context.steps[-1].fraction == 1.0


def test_a_gif_longer_than_a_minute_is_refused(tmp_path):
    short = upload(film(tmp_path / "a.mp4"))
    given = dataclasses.replace(short, facts=Facts(96, 64, 90.0))

    with pytest.raises(TooLarge, match="at most 60 s"):
        gif_make.run(FolderContext(tmp_path), gif_make.read({"video": given}))
