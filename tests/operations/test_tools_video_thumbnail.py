"""tools.video_thumbnail, from an upload to files."""

from __future__ import annotations

import pytest

from appliance.core.errors import InvalidInput
from appliance.operations.tools.video_thumbnail import video_thumbnail
from tests.support.context import FolderContext
from tests.support.films import film
from tests.support.media import upload


@pytest.fixture
def given(tmp_path):
    return upload(film(tmp_path / "a.mp4"), "baile.mp4")


def test_pictures_are_numbered_and_nothing_else_is_left(tmp_path, given):
    context = FolderContext(tmp_path)

    output = video_thumbnail.run(context, video_thumbnail.read({"video": given, "count": 2}))

    assert [file.name for file in output.files] == ["baile-1.jpg", "baile-2.jpg"]
    assert len([*context.folder.iterdir()]) == 2
    assert context.steps[-1].fraction == 1.0


@pytest.mark.parametrize(("raw", "field"), [({"at": 9.0}, "at"), ({"at": 0, "count": 1}, "count")])
def test_a_moment_that_is_not_there_is_refused(tmp_path, given, raw, field):
    with pytest.raises(InvalidInput) as told:
        video_thumbnail.run(FolderContext(tmp_path), video_thumbnail.read({"video": given, **raw}))

    assert told.value.field == field
