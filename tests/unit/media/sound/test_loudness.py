"""Loudness, measured and set."""

from __future__ import annotations

import json
import math
import subprocess

import pytest

from appliance.core.progress import silent_progress
from appliance.media.sound.encoding import SoundWish
from appliance.media.sound.loudness import (
    Loudness,
    LoudnessGoal,
    gain_filters,
    normalize_sound,
    read_summary,
)
from tests.support.films import sound
from tests.support.media import upload

METER = ("ffmpeg", "-nostdin", "-hide_banner", "-i")
METER = ("ffmpeg", "-nostdin", "-hide_banner", "-i")
# Clicks in a quiet tone: as loud as asked for only with its peaks held down.
CLICKS = "asetnsamples=64,volume='if(lt(mod(t,1),0.01),8,1)':eval=frame"


def lufs(path) -> float:
    """Measured again, by another filter than ours."""
    ran = subprocess.run(
        [*METER, path, "-af", "loudnorm=print_format=json", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(ran.stderr[ran.stderr.rindex("{") :])["input_i"])


@pytest.mark.parametrize("target", [-14.0, -23.0])
@pytest.mark.parametrize("ending", ["wav", "mp3"])
def test_sound_is_brought_to_a_loudness(tmp_path, ending, target):
    made, given = tmp_path / f"made.{ending}", upload(sound(tmp_path / f"a.{ending}", seconds=4))

    told = normalize_sound(given, made, SoundWish(ending), LoudnessGoal(target), silent_progress())

    assert lufs(made) == pytest.approx(target, abs=1.0)
    assert told.after == pytest.approx(target, abs=0.3)
    assert told.warnings == ()


def test_peaks_are_held_below_the_ceiling_and_the_loudness_is_reached(tmp_path):
    made = tmp_path / "made.wav"
    given = upload(sound(tmp_path / "a.wav", seconds=5, filters=CLICKS))

    told = normalize_sound(given, made, SoundWish("wav"), LoudnessGoal(-14, -2), silent_progress())

    assert told.limited
    assert lufs(made) == pytest.approx(-14, abs=1.0)
    ran = subprocess.run(
        [*METER, made, "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert read_summary(ran.stderr).peak <= -1.5


def test_silence_stays_silence(tmp_path):
    given = upload(sound(tmp_path / "a.wav", filters="volume=0"))

    told = normalize_sound(
        given, tmp_path / "b.wav", SoundWish("wav"), LoudnessGoal(-14), silent_progress()
    )

    assert (told.before, told.after, told.gain_db) == (None, None, 0.0)
    assert "silent" in told.warnings[0]


@pytest.mark.parametrize("seconds", [0.1, 0.35, 0.9])
def test_a_very_short_sound_is_measured_as_if_it_went_on(tmp_path, seconds):
    given = upload(sound(tmp_path / "a.wav", seconds=seconds))

    told = normalize_sound(
        given, tmp_path / "b.wav", SoundWish("wav"), LoudnessGoal(-20), silent_progress()
    )

    assert told.before == pytest.approx(-21.8, abs=1.0)
    assert told.after == pytest.approx(-20.0, abs=0.3)


def test_a_target_that_peaks_do_not_allow_is_said_to_be_missed(tmp_path):
    given = upload(sound(tmp_path / "a.wav", seconds=3, filters=f"{CLICKS},highpass=2000"))

    told = normalize_sound(
        given, tmp_path / "b.wav", SoundWish("wav"), LoudnessGoal(-5, -9), silent_progress()
    )

    assert "could not be reached" in told.warnings[-1]


def test_the_last_summary_counts():
    text = "I: -70.0 LUFS\nPeak: -inf dBFS\nI:  -20.5 LUFS\n Peak:  -3.1 dBFS"

    assert read_summary(text) == Loudness(-20.5, -3.1)
    assert read_summary("nothing") == Loudness(-math.inf, -math.inf)
    assert read_summary("").silent


def test_peaks_are_limited_only_where_they_would_be_too_high():
    goal = LoudnessGoal(-14, -1)

    assert gain_filters(3.0, -1.5, goal, 44_100) == ["volume=3.00dB:precision=double"]
    assert "alimiter" in gain_filters(3.0, -0.5, goal, 44_100)[2]
