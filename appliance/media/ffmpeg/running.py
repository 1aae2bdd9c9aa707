"""Running ffmpeg: progress while it works, and why it failed as an error a caller is told."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from appliance.core.errors import BrokenMedia, ProcessingFailed, TooLarge

_KEPT = 60  # lines; a hostile file makes ffmpeg say thousands
_LONGEST = 2_000  # characters of a line
_STEP = re.compile(r"out_time_us=(\d+)")
_PROGRESS = re.compile(r"[a-z_0-9]+=\s*\S*")
_OURS = re.compile(
    r"No such filter|Unknown encoder|Unrecognized option|Option not found|Unable to find a suitable"
    r"|Error while opening encoder|Error setting option|Requested output format"
)
_ENVIRONMENT = ("PATH", "HOME", "LD_LIBRARY_PATH")

Told = Callable[[float], None]


def run(command: Sequence[str], told: Told = lambda _seconds: None) -> list[str]:
    """Run a command of `encoding` to its end; the last lines of what it said.

    `told` gets the seconds written so far, about twice a second; what it raises ends the program.
    Raises BrokenMedia for a file it cannot read, TooLarge for a result above the child's limit,
    ProcessingFailed for anything that is not the file's fault, OSError for a full disk.
    """
    said: deque[str] = deque(maxlen=_KEPT)
    with _started(command) as program:
        assert program.stdout is not None
        for line in _lines(program):
            step = _STEP.match(line)
            if step:
                told(int(step[1]) / 1e6)
            elif not _PROGRESS.fullmatch(line):
                said.append(line)
    if program.returncode:
        raise _failure(program.returncode, [*said])
    return [*said]


@contextmanager
def _started(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        program = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
    except FileNotFoundError as missing:
        raise ProcessingFailed(
            f"{missing.filename} is not installed here; its admin installs it with:"
            " apt install ffmpeg util-linux"
        ) from None
    with program:
        try:
            yield program
        except BaseException:
            program.kill()
            raise


def _lines(program: subprocess.Popen[bytes]) -> Iterator[str]:
    assert program.stdout is not None
    while line := program.stdout.readline(_LONGEST):
        yield line.decode(errors="replace").strip()


def _failure(code: int, said: Sequence[str]) -> Exception:
    text = "\n".join(said)
    if code == -signal.SIGXFSZ or "File too large" in text:
        return TooLarge("The result would be larger than the appliance lets one file be.")
    if "No space left on device" in text:
        return OSError(errno.ENOSPC, "No space left on device")
    if "Cannot allocate memory" in text or code == -signal.SIGKILL:
        return ProcessingFailed(
            "This needs more memory than the appliance gives one job; try a smaller file."
        )
    if code < 0:
        return ProcessingFailed(f"ffmpeg ended by signal {-code}.")
    if found := _OURS.search(text):
        return ProcessingFailed(f"The ffmpeg that is installed here cannot do this: {found[0]}.")
    return BrokenMedia("The file is damaged, or holds what is not read here.")


def output_of(command: Sequence[str]) -> bytes:
    """What a command writes. Raises as `run` does."""
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
    except FileNotFoundError as missing:
        raise ProcessingFailed(
            f"{missing.filename} is not installed here; its admin installs it with:"
            " apt install ffmpeg util-linux"
        ) from None
    if ran.returncode:
        lines = ran.stderr[-_LONGEST * 4 :].decode(errors="replace").splitlines()
        raise _failure(ran.returncode, lines)
    return ran.stdout
