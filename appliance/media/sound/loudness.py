"""Loudness as people hear it, measured and set.

Two passes: the first measures, the second applies one gain to all of it, so that quiet and loud
parts keep their distance. Peaks that would then be above the ceiling are limited, and because a
limiter takes loudness away the gain is measured again and corrected.
Source: ITU-R BS.1770-4, EBU R 128 and EBU Tech 3341.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.core.files import Upload
from appliance.core.progress import Progress, silent_progress
from appliance.media.ffmpeg.commands import BARE, encoding, reading
from appliance.media.ffmpeg.footage import SoundTrack
from appliance.media.ffmpeg.meter import Meter
from appliance.media.ffmpeg.running import run
from appliance.media.sound.convert import the_sound, write_sound
from appliance.media.sound.encoding import (
    SoundWish,
    layout_filters,
    rate_of,
    sound_arguments,
    sound_warnings,
    tag_arguments,
)

_SILENCE = -70.0  # LUFS: the absolute gate; what lies below is not measured
_BLOCK_S = 1.0  # shorter sounds are repeated for the measure, whose blocks are 0.4 s long
_REPEATED_S = 3
_SAMPLES = 384_000  # of one repetition at most
_OVERSAMPLED = 192_000  # Hz: peaks between samples count too
_CLOSE = 0.3  # LU
_CORRECTIONS = 3
_MOST_GAIN = 60.0  # dB: beyond it noise is made loud
_NUMBER = r"(-?(?:\d+\.\d+|inf|nan))"
_INTEGRATED = re.compile(rf"\bI:\s+{_NUMBER} LUFS")
_PEAK = re.compile(rf"Peak:\s+{_NUMBER} dBFS")


@dataclass(frozen=True)
class Loudness:
    """Integrated loudness in LUFS and true peak in dBTP; both -inf for silence."""

    lufs: float
    peak: float

    @property
    def silent(self) -> bool:
        """Whether there is nothing that can be measured."""
        return not math.isfinite(self.lufs) or self.lufs <= _SILENCE


@dataclass(frozen=True)
class LoudnessGoal:
    """Where the loudness should be: LUFS, and the ceiling for peaks in dBTP."""

    lufs: float
    peak: float = -1.0


@dataclass(frozen=True)
class Normalized:
    """Loudness as it came and as it is sent to the encoder, in LUFS; None for silence."""

    before: float | None
    after: float | None
    gain_db: float
    limited: bool
    warnings: tuple[str, ...] = ()


def measure(upload: Upload, track: SoundTrack, filters: Sequence[str], told: Meter) -> Loudness:
    """The loudness of a track behind `filters`."""
    short = 0 < upload.facts.seconds < _BLOCK_S
    repeat = [f"aloop=loop=-1:size={_SAMPLES}", f"atrim=end={_REPEATED_S}"] if short else []
    chain = ",".join([*filters, *repeat, "ebur128=peak=true:framelog=verbose"])
    arguments = ["-map", f"0:{track.index}", "-vn", *BARE, "-af", chain, "-f", "null", "-"]
    reader = reading(upload.path, upload.mime)
    watched = run if short else lambda command: run(command, told)
    return read_summary("\n".join(watched(encoding(reader, arguments, loglevel="info"))))


def read_summary(text: str) -> Loudness:
    """What the meter's summary says; silence where it says nothing."""
    lufs, peak = (pattern.findall(text) for pattern in (_INTEGRATED, _PEAK))
    return Loudness(*(float(found[-1]) if found else -math.inf for found in (lufs, peak)))


def gain_filters(gain_db: float, peak_after: float, goal: LoudnessGoal, rate: int) -> list[str]:
    """The gain, and a limiter if peaks would be above the ceiling."""
    filters = [f"volume={gain_db:.2f}dB:precision=double"]
    if peak_after > goal.peak:
        ceiling = 10 ** (goal.peak / 20)
        filters += [
            f"aresample={_OVERSAMPLED}",
            f"alimiter=limit={ceiling:.5f}:level=false:attack=5:release=80:latency=true",
            f"aresample={rate}",
        ]
    return filters


def normalize_sound(
    upload: Upload, target: Path, wish: SoundWish, goal: LoudnessGoal, progress: Progress
) -> Normalized:
    """Write the first sound of a file at the loudness asked for.

    Silence stays as it is, with a warning. Raises InvalidInput without sound; BrokenMedia.
    """
    held, track = the_sound(upload)
    told = sound_warnings(wish, track, sounds=held.sounds, covers=held.covers)
    layout = layout_filters(wish, track)
    with progress.part(0.0, 0.3) as part:
        before = measure(upload, track, layout, Meter(upload.facts.seconds, part))
    gain, after = 0.0, before
    filters: list[str] = []
    if not before.silent:
        with progress.part(0.3, 0.6) as part:
            part(0.0)
            gain, filters, after = _settled(upload, track, (wish, goal), before)
    with progress.part(0.6, 1.0) as part:
        arguments = [*sound_arguments(wish, track, filters), *BARE, *tag_arguments(held.tags)]
        write_sound(upload, target, wish, arguments, part)
    return Normalized(
        None if before.silent else before.lufs,
        None if before.silent else round(after.lufs, 1),
        round(gain, 2),
        len(filters) > 1,
        (*told, *_doubts(before, after, goal)),
    )


def _settled(
    upload: Upload, track: SoundTrack, asked: tuple[SoundWish, LoudnessGoal], before: Loudness
) -> tuple[float, list[str], Loudness]:
    """(gain, filters, what comes of them), corrected until it is close or no nearer."""
    wish, goal = asked
    gain = min(goal.lufs - before.lufs, _MOST_GAIN)
    rate, layout = rate_of(wish, track), layout_filters(wish, track)
    filters = gain_filters(gain, before.peak + gain, goal, rate)
    after = Loudness(before.lufs + gain, before.peak + gain)
    for left in reversed(range(_CORRECTIONS if len(filters) > 1 else 0)):
        meter = Meter(upload.facts.seconds, silent_progress())
        after = measure(upload, track, [*layout, *filters], meter)
        if not left or abs(goal.lufs - after.lufs) <= _CLOSE or gain >= _MOST_GAIN:
            break
        gain = min(gain + goal.lufs - after.lufs, _MOST_GAIN)
        filters = gain_filters(gain, before.peak + gain, goal, rate)
    return gain, filters, after


def _doubts(before: Loudness, after: Loudness, goal: LoudnessGoal) -> list[str]:
    if before.silent:
        return ["The sound is silent; it was left as it is."]
    if abs(after.lufs - goal.lufs) > 1.0:
        return [
            f"{goal.lufs:g} LUFS could not be reached: its peaks or its quietness allow"
            f" {after.lufs:.1f} LUFS."
        ]
    return []
