"""Sound into another format: of a recording, or out of a film."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.core.files import Kind, Upload
from appliance.core.progress import Progress
from appliance.media.ffmpeg.commands import BARE, encoding, into, reading
from appliance.media.ffmpeg.footage import Footage, SoundTrack, footage
from appliance.media.ffmpeg.meter import Meter
from appliance.media.ffmpeg.running import run
from appliance.media.sound.encoding import (
    SoundWish,
    channels_of,
    rate_of,
    sound_arguments,
    sound_warnings,
    tag_arguments,
)


@dataclass(frozen=True)
class SoundMade:
    """What came of it: samples a second, channels, and warnings in sentences."""

    rate: int
    channels: int
    warnings: tuple[str, ...] = ()


def convert_sound(
    upload: Upload, target: Path, wish: SoundWish, progress: Progress, *, tags: bool = False
) -> SoundMade:
    """Write the first sound of a file to `target`. `tags`: keep title, artist and the like.

    Raises InvalidInput without sound, or for rates the format does not have; BrokenMedia.
    """
    held, track = the_sound(upload)
    arguments = sound_arguments(wish, track)
    words = tag_arguments(held.tags) if tags else []
    write_sound(upload, target, wish, [*arguments, *BARE, *words], progress)
    return SoundMade(
        rate_of(wish, track),
        channels_of(wish, track),
        tuple(sound_warnings(wish, track, sounds=held.sounds, covers=held.covers)),
    )


def write_sound(
    upload: Upload, target: Path, wish: SoundWish, arguments: list[str], progress: Progress
) -> None:
    """Run the encoder. Raises BrokenMedia if less comes than the header told of, or more."""
    # Of a film the sound may end long before the picture.
    meter = Meter(upload.facts.seconds, progress, least=0.9 if upload.kind is Kind.AUDIO else 0.0)
    run(
        encoding(reading(upload.path, upload.mime), arguments, into(target, wish.written.muxer)),
        meter,
    )
    meter.check()


def the_sound(upload: Upload) -> tuple[Footage, SoundTrack]:
    """What a file holds, and its first sound. Raises BrokenMedia, InvalidInput without sound."""
    held = footage(upload.path, upload.mime, upload.facts)
    return held, held.the_sound()
