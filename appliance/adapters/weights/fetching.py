"""Fetching files over HTTP: several at once, each continued where it broke off, each checked.

A file under way lies in the work folder under the digest it should have, so that a part of other
content is never continued.
"""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from http.client import HTTPResponse
from io import FileIO
from pathlib import Path
from urllib.error import HTTPError

from appliance.adapters.digests import git_blob
from appliance.adapters.weights.faults import InstallFailed, Unreachable, WrongContent
from appliance.adapters.weights.reach import BROKEN, Reach, as_fault
from appliance.core.errors import StorageFull
from appliance.core.model import WeightFile
from appliance.core.progress import Progress

_CHUNK = 1 << 20
_LOOK_EVERY_S = 0.25
_TRIES = 5  # in a row without a single byte
_PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Wanted:
    """A file to fetch: `bytes` long, known by `sha256` or, where a hub tells only that, by the id
    that git gives its content.
    """

    name: str
    url: str
    bytes: int
    sha256: str = ""
    git: str = ""

    @property
    def key(self) -> str:
        """What the bytes are known by."""
        return self.sha256 or self.git

    @property
    def part(self) -> str:
        """What it is called while it is under way: two files may have the same content."""
        return f"{self.key[:40]}-{zlib.crc32(self.name.encode()):08x}.part"


@dataclass
class _Tally:
    """Bytes that are here, counted by all threads, and the sign to stop."""

    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    def add(self, count: int) -> None:
        with self.lock:
            self.done += count


def fetch(
    wanted: Sequence[Wanted], folder: Path, work: Path, reach: Reach, progress: Progress
) -> tuple[WeightFile, ...]:
    """Fetch every file into `folder`; what they are now, with their SHA-256.

    Progress counts bytes. Stops within a moment when `progress` raises; what came stays in `work`.
    Raises Unreachable, WrongContent, InstallFailed.
    """
    tally = _Tally()
    total = sum(each.bytes for each in wanted)
    with ThreadPoolExecutor(max(1, reach.at_once), thread_name_prefix="fetching") as threads:
        running = [threads.submit(_Fetch(each, folder, work, reach, tally).run) for each in wanted]
        try:
            going = True
            while going:
                going = bool(wait(running, _LOOK_EVERY_S, FIRST_EXCEPTION).not_done)
                _raise_first(running)
                progress(tally.done / max(total, 1), step=tally.done, steps=total)
        finally:
            tally.stop.set()
            for each in running:
                each.cancel()
    return tuple(each.result() for each in running)


def _raise_first(running: Sequence[Future[WeightFile]]) -> None:
    for each in running:
        if each.done():
            each.result()


class _Stopped(Exception):
    """Another file failed, or the work was cancelled."""


@dataclass
class _Fetch:
    """One file on its way."""

    wanted: Wanted
    folder: Path
    work: Path
    reach: Reach
    tally: _Tally

    @property
    def part(self) -> Path:
        return self.work / self.wanted.part

    def run(self) -> WeightFile:
        """Fetch, check, put in place."""
        target = self.folder / self.wanted.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(self.part)  # an earlier attempt came so far: checked again
        self.tally.add(self._size())
        most, fruitless = self._size(), 0
        while self._size() < self.wanted.bytes:
            broken = self._once()
            # Counted against the most there ever was: one that begins anew each time gets nowhere.
            fruitless = 0 if self._size() > most else fruitless + 1
            most = max(most, self._size())
            if fruitless >= _TRIES:
                raise broken or self._short()
            if fruitless and self.tally.stop.wait(self.reach.pause_s * 2**fruitless):
                raise _Stopped
        self.part.touch()  # a file of no bytes
        sha256 = self._checked()
        self.part.rename(target)
        return WeightFile(self.wanted.name, self.wanted.bytes, sha256)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _once(self) -> InstallFailed | None:
        """Read on from where the part ends, as far as it goes; why it broke off, if it did."""
        have = self._size()
        headers = {"Range": f"bytes={have}-"} if have else {}
        try:
            with self.reach.open(self.wanted.url, headers) as answer:
                if have and answer.status != 206:
                    self._drop()  # it sends all of it
                    have = 0
                self._take(answer, have)
        except HTTPError as error:
            with error:
                fault = as_fault(error, self.wanted.url)
            if error.code == 416:  # the part is no beginning of what is there now
                self._drop()
            elif error.code not in _PASSING:
                raise fault from None
            return fault
        except BROKEN as error:
            return as_fault(error, self.wanted.url)
        return None

    def _drop(self) -> None:
        self.tally.add(-self._size())
        self.part.unlink(missing_ok=True)

    def _take(self, answer: HTTPResponse, have: int) -> None:
        with self.part.open("ab", buffering=0) as file:
            while chunk := answer.read1(_CHUNK):  # what has arrived, without waiting for more
                if self.tally.stop.is_set():
                    raise _Stopped
                have += len(chunk)
                if have > self.wanted.bytes:
                    self._drop()
                    raise WrongContent(
                        f"{self.wanted.name} is longer than the {self.wanted.bytes} bytes it should"
                        " have; nothing was installed."
                    )
                _write(file, chunk)
                self.tally.add(len(chunk))

    def _short(self) -> Unreachable:
        return Unreachable(
            f"{self.wanted.name} breaks off after {self._size()} of {self.wanted.bytes} bytes."
            " Try again later; what came is kept."
        )

    def _checked(self) -> str:
        """The SHA-256 of the whole part. Raises WrongContent, and the part is gone."""
        sha256, git = hashlib.sha256(), git_blob(self.wanted.bytes)
        with self.part.open("rb") as file:
            os.fsync(file.fileno())
            while chunk := file.read(_CHUNK):
                sha256.update(chunk)
                if not self.wanted.sha256:
                    git.update(chunk)
        found = sha256.hexdigest() if self.wanted.sha256 else git.hexdigest()
        if found != self.wanted.key:
            self._drop()
            raise WrongContent(
                f"{self.wanted.name} is not what was asked for: its digest should be"
                f" {self.wanted.key} and is {found}. Nothing was installed."
            )
        return sha256.hexdigest()


def _write(file: FileIO, chunk: bytes) -> None:
    # Apart from the connection's own errors, which are OSErrors too.
    try:
        file.write(chunk)
    except OSError as error:
        raise StorageFull(f"The disk took no more: {error}. What came is kept.") from error
