"""Convert sound: format, bit rate, sample rate; the sound of a film too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Range, Unit
from appliance.core.recurring import Filename

_FORMATS = ("mp3", "m4a", "ogg", "opus", "flac", "wav")
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000)


@dataclass(frozen=True)
class Params:
    """What converting sound takes."""

    audio: Annotated[
        Upload, Help("Sound to convert, or a film whose sound it is"),
        Accepts(Kind.AUDIO, Kind.VIDEO),
    ]  # fmt: skip
    output_format: Annotated[str, Help("Format of the result"), Choice(_FORMATS)]
    bitrate: Annotated[
        int | None, Help("Size of a second, for mp3, m4a, ogg and opus; none: a good one"),
        Range(16, 512), Unit("kbit/s"),
    ] = None  # fmt: skip
    sample_rate: Annotated[
        int | None, Help("Samples a second; none: as they are, or the nearest the format has"),
        Choice(_RATES), Unit("Hz"),
    ] = None  # fmt: skip
    filename: Filename = None
    strip_metadata: Annotated[
        bool, Help("Leave out title and artist too; all else is left out in any case")
    ] = False


@operation(name="tools.audio_convert", title="Convert sound", output=Kind.AUDIO)
def audio_convert(ctx: RunContext, params: Params) -> Output:
    """The first sound of the file in another format; 24 bits and 5.1 stay where they can."""
    wish = media.SoundWish(params.output_format, kbps=params.bitrate, rate=params.sample_rate)
    written = wish.written
    name = f"{safe_stem(params.filename or params.audio.name)}.{written.ending}"
    path = ctx.scratch(name)
    made = media.convert_sound(
        params.audio, path, wish, ctx.progress, tags=not params.strip_metadata
    )
    published = ctx.publish_file(path, name=name, mime=written.mime)
    facts = {
        "seconds": round(published.made().facts.seconds, 3),
        "sample_rate": made.rate,
        "channels": made.channels,
    }
    return Output((published,), facts, made.warnings)
