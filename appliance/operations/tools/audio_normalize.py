"""Bring sound to a loudness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Range, Unit
from appliance.core.recurring import Filename

_FORMATS = ("mp3", "m4a", "ogg", "opus", "flac", "wav")


@dataclass(frozen=True)
class Params:
    """What normalizing takes."""

    audio: Annotated[
        Upload, Help("Sound, or a film whose sound it is"), Accepts(Kind.AUDIO, Kind.VIDEO)
    ]
    target_lufs: Annotated[
        float, Help("Loudness of the whole: -14 for the net, -16 for podcasts, -23 for broadcast"),
        Range(-40, -5), Unit("LUFS"),
    ] = -14.0  # fmt: skip
    peak_db: Annotated[float, Help("No peak is higher"), Range(-9, 0), Unit("dBTP")] = -1.0
    output_format: Annotated[
        str | None, Help("Format of the result; none: as it came, of a film m4a"), Choice(_FORMATS)
    ] = None
    filename: Filename = None


@operation(name="tools.audio_normalize", title="Normalize loudness", output=Kind.AUDIO)
def audio_normalize(ctx: RunContext, params: Params) -> Output:
    """The sound louder or softer as a whole, its peaks held below a ceiling."""
    chosen = params.output_format or media.own_format(params.audio)
    wish = media.SoundWish(chosen)
    written = wish.written
    name = f"{safe_stem(params.filename or params.audio.name)}.{written.ending}"
    path = ctx.scratch(name)
    goal = media.LoudnessGoal(params.target_lufs, params.peak_db)
    made = media.normalize_sound(params.audio, path, wish, goal, ctx.progress)
    published = ctx.publish_file(path, name=name, mime=written.mime)
    facts = {
        "seconds": round(published.made().facts.seconds, 3),
        "input_lufs": made.before,
        "output_lufs": made.after,
        "gain_db": made.gain_db,
        "limited": made.limited,
    }
    return Output((published,), facts, made.warnings)
