"""Ids: one ULID a thing, written in each family's way.

A job's 128 bits are `job_`+ULID in jobs, wallet and product, a UUID in studio, and the job also has
an account-wide whole number for tools. `job_reference` takes all three.
"""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from ulid import ULID

JobId = NewType("JobId", str)  # the bare ULID, 26 characters of Crockford's base 32
AccountId = NewType("AccountId", str)
KeyId = NewType("KeyId", str)
AppId = NewType("AppId", str)

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OUTPUT = re.compile(r"(?P<job>.+)/(?P<index>\d{1,3})")
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [high + low for high in _DIGITS for low in _DIGITS]
_SHIFTS = range(120, -1, -10)
_LARGEST_NUMBER = 2**53


class _Made:
    """The largest number so far. Jobs are listed and served by id, also those of one millisecond,
    and a clock may go back.
    """

    def __init__(self) -> None:
        self._largest = 0
        self._lock = threading.Lock()

    def after(self, number: int) -> int:
        """The number, or the next after the largest."""
        with self._lock:
            self._largest = max(number, self._largest + 1)
            return self._largest


_made = _Made()


def new_ulid() -> str:
    """A fresh ULID: 80 random bits, sorts after all that this process made before."""
    # The library's own maker takes a tenth of a poll's time: each request has an id.
    number = _made.after(time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10)))
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def new_id(prefix: str) -> str:
    """A fresh prefixed id such as `upl_01J…`."""
    return f"{prefix}_{new_ulid()}"


def job_name(job: JobId) -> str:
    """`job_`+ULID, as jobs, wallet and product write it."""
    return f"job_{job}"


def job_uuid(job: JobId) -> str:
    """The same 128 bits as a UUID, as studio writes it."""
    return str(UUID(int=int(ULID.from_str(job))))


def as_uuid(prefixed: str) -> str:
    """The 128 bits of a prefixed id as a UUID, as studio writes every id."""
    return job_uuid(JobId(prefixed.partition("_")[2]))


def from_uuid(prefix: str, text: str) -> str:
    """The prefixed id of a UUID; any other text comes back as it is."""
    return f"{prefix}_{_from_uuid(text)}" if _UUID.fullmatch(text.lower()) else text


@dataclass(frozen=True)
class JobReference:
    """Whatever a caller called the job: exactly one of the two is set."""

    id: JobId | None = None
    number: int | None = None


def job_reference(text: str) -> JobReference | None:
    """Read any of the three forms; None if it is none of them."""
    bare = text.removeprefix("job_").removeprefix("pipe_").upper()
    if _ULID.fullmatch(bare):
        return JobReference(id=JobId(bare))
    if _UUID.fullmatch(text.lower()):
        return JobReference(id=_from_uuid(text))
    if text.isascii() and text.isdigit() and int(text[:17]) < _LARGEST_NUMBER and len(text) <= 16:
        return JobReference(number=int(text))
    return None


def _from_uuid(text: str) -> JobId:
    return JobId(str(ULID.from_uuid(UUID(text))))


def output_reference(text: str) -> tuple[JobReference, int] | None:
    """Read an output's name, `job_…/0`; None if it is not one."""
    match = _OUTPUT.fullmatch(text)
    job = job_reference(match["job"]) if match else None
    return (job, int(match["index"])) if match and job else None
