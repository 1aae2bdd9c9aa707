"""tools.audio_convert, from an upload to a file."""

from __future__ import annotations

import pytest

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.operations.tools.audio_convert import audio_convert
from tests.support.context import FolderContext
from tests.support.films import sound
from tests.support.media import upload


@pytest.mark.parametrize("form", media.SOUND_WRITES)
def test_the_stem_of_the_upload_names_the_result(tmp_path, form):
    given = upload(sound(tmp_path / "a.wav"), "mi-voz.wav")
    context = FolderContext(tmp_path)

    output = audio_convert.run(context, audio_convert.read({"audio": given, "output_format": form}))

    made = output.files[0].made()
    assert (made.name, made.mime) == (f"mi-voz.{form}", media.SOUND_WRITES[form].mime)
    assert output.facts["channels"] == 1
    assert [path.name for path in context.folder.iterdir()] == [made.name]


def test_rate_and_bit_rate_are_as_asked(tmp_path):
    given = upload(sound(tmp_path / "a.wav", seconds=4))
    asked = {"audio": given, "output_format": "mp3", "bitrate": 32, "sample_rate": 22_050}

    output = audio_convert.run(FolderContext(tmp_path), audio_convert.read(asked))

    assert output.facts["sample_rate"] == 22_050
    assert output.files[0].made().bytes == pytest.approx(4 * 32_000 / 8, rel=0.2)


@pytest.mark.parametrize("raw", [{"bitrate": 4}, {"sample_rate": 44_000}, {"output_format": "wma"}])
def test_what_there_is_not_is_refused(tmp_path, raw):
    given = upload(sound(tmp_path / "a.wav"))

    with pytest.raises(InvalidInput) as told:
        audio_convert.read({"audio": given, "output_format": "mp3", **raw})

    assert told.value.field == next(iter(raw))
