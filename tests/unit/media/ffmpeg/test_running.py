"""Running ffmpeg, and why it failed."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from appliance.core.errors import BrokenMedia, ProcessingFailed, TooLarge
from appliance.media.ffmpeg.commands import encoding, into, reading
from appliance.media.ffmpeg.running import output_of, run
from tests.support.films import film, picture


def test_the_seconds_written_are_told(tmp_path):
    told: list[float] = []

    run(encoding(picture(2.0), into(tmp_path / "a.mp4", "mp4")), told.append)

    assert told[-1] == pytest.approx(2.0, abs=0.3)


def test_what_is_raised_meanwhile_ends_the_program(tmp_path):
    def stop(_done: float) -> None:
        raise BrokenMedia("enough")

    began = time.monotonic()
    with pytest.raises(BrokenMedia, match="enough"):
        run(encoding(["-re", *picture(60.0)], into(tmp_path / "a.mp4", "mp4")), stop)

    assert time.monotonic() - began < 30  # it would have taken a minute


def test_a_file_that_cannot_be_read_is_said_to_be_damaged(tmp_path):
    path = tmp_path / "noise.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + os.urandom(5000))

    with pytest.raises(BrokenMedia, match="damaged"):
        run(encoding(reading(path, "video/mp4"), into(tmp_path / "a.mp4", "mp4")))


def test_what_this_ffmpeg_cannot_do_is_not_the_files_fault(tmp_path):
    with pytest.raises(ProcessingFailed, match="cannot do this: Unknown encoder"):
        run(encoding(picture(), into(tmp_path / "a.mp4", "mp4", "-c:v", "crayons")))


def test_a_program_that_is_not_installed_is_named():
    for start in (run, output_of):
        with pytest.raises(ProcessingFailed, match="apt install ffmpeg"):
            start(["no-such-program"])


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo 'x: No space left on device'; exit 1", OSError),
        ("echo 'Cannot allocate memory'; exit 1", ProcessingFailed),
        ("kill -XFSZ $$", TooLarge),
        ("kill -SEGV $$", ProcessingFailed),
    ],
)
def test_each_end_is_told_in_its_own_way(script, error):
    with pytest.raises(error) as told:
        run(["sh", "-c", script])

    if error is OSError:
        assert told.value.errno == errno.ENOSPC


def test_a_result_above_the_childs_limit_is_refused(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(TooLarge):
            run(encoding(picture(), into(tmp_path / "a.avi", "avi", "-c:v", "rawvideo")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_thousands_of_lines_are_not_kept():
    assert len(run(["seq", "-f", "line %g", "5000"])) < 100


def test_the_program_dies_with_the_one_that_started_it(tmp_path):
    target = tmp_path / "a.mp4"
    script = (
        "from appliance.media.ffmpeg.commands import encoding, into\n"
        "from appliance.media.ffmpeg.running import run\n"
        "from tests.support.films import picture\n"
        f"from pathlib import Path\ntarget = Path({str(target)!r})\n"
        "run(encoding(['-re', *picture(600.0)], into(target, 'mpegts', '-flush_packets', '1')))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script])
    while not target.exists():
        assert child.poll() is None
        time.sleep(0.05)
    assert _anybody_writes(str(target))

    child.send_signal(signal.SIGKILL)
    child.wait()

    for _ in range(100):
        if not _anybody_writes(str(target)):
            return
        time.sleep(0.05)
    raise AssertionError("ffmpeg goes on")


def _anybody_writes(name: str) -> bool:
    listed = subprocess.run(["ps", "-wweo", "args"], capture_output=True, text=True, check=True)
    return any("ffmpeg" in line and name in line for line in listed.stdout.splitlines())


def test_what_a_program_writes_is_handed_back(tmp_path):
    assert output_of(["echo", "hello"]) == b"hello\n"
    with pytest.raises(BrokenMedia):
        output_of(["false"])


def test_a_film_is_encoded(tmp_path):
    made = tmp_path / "made.mkv"

    said = run(encoding(reading(film(tmp_path / "a.mp4"), "video/mp4"), into(made, "matroska")))

    assert made.stat().st_size > 1000
    assert said == []
