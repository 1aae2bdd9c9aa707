"""A network of one's own with nobody in it but oneself."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def cut_off(work: Callable[[], T]) -> T:
    """What `work` gives in a thread that has, with every process it starts, no network but a
    loopback of its own. Skips the test where the system does not allow that.
    """
    with ThreadPoolExecutor(1) as alone:
        if refused := alone.submit(_leave_the_network).result():
            pytest.skip(f"no network namespace can be made here: {refused}")
        return alone.submit(work).result()


def _leave_the_network() -> str:
    """Why it was not possible; empty if it was. Other threads stay where they are."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        return os.strerror(ctypes.get_errno())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    return ""


def attempts() -> int:
    """How often this thread's network was asked for the way to another machine, or a name server
    on this one: the kernel counts them.
    """
    thread = Path("/proc/thread-self/net")
    rows = [line.split() for line in (thread / "snmp").read_text().splitlines()]
    four = {
        f"{names[0]}{name}": int(number)
        for names, numbers in zip(rows[::2], rows[1::2], strict=True)
        for name, number in zip(names[1:], numbers[1:], strict=True)
    }
    six = dict(line.split() for line in (thread / "snmp6").read_text().splitlines())
    return four["Ip:OutNoRoutes"] + four["Udp:NoPorts"] + int(six["Ip6OutNoRoutes"])
