from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from appliance.adapters.wake import Doorbell, ring


@pytest.fixture
def bell(tmp_path: Path):
    fresh = Doorbell(tmp_path / "run" / "web.sock")
    yield fresh
    fresh.close()


def test_a_message_arrives(bell):
    ring(bell.path, "01ARZ3NDEKTSV4RRFFQ69G5FAV")

    assert bell.wait(1) == ["01ARZ3NDEKTSV4RRFFQ69G5FAV"]


def test_all_messages_that_are_there_come_at_once_in_order(bell):
    for n in range(5):
        ring(bell.path, str(n))

    assert bell.wait(1) == ["0", "1", "2", "3", "4"]
    assert bell.wait(0) == []


def test_waiting_ends_when_its_time_is_over(bell):
    started = time.monotonic()

    assert bell.wait(0.05) == []
    assert 0.04 < time.monotonic() - started < 1


def test_a_waiter_wakes_the_moment_a_message_comes(bell):
    threading.Timer(0.05, ring, (bell.path, "now")).start()
    started = time.monotonic()

    assert bell.wait(5) == ["now"]
    assert time.monotonic() - started < 1


def test_an_empty_message_wakes_too(bell):
    ring(bell.path)

    assert bell.wait(1) == [""]


def test_ringing_where_nobody_listens_is_no_error(tmp_path):
    ring(tmp_path / "nobody.sock", "hello")
    ring(tmp_path / "no" / "such" / "folder.sock", "hello")
    (tmp_path / "file.sock").write_text("not a socket")
    ring(tmp_path / "file.sock", "hello")


def test_ringing_a_receiver_that_died_is_no_error(tmp_path):
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dead.bind(str(tmp_path / "dead.sock"))
    dead.close()

    ring(tmp_path / "dead.sock", "hello")


def test_binding_takes_over_a_dead_receivers_path(tmp_path):
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dead.bind(str(tmp_path / "web.sock"))
    dead.close()
    bell = Doorbell(tmp_path / "web.sock")

    ring(bell.path, "hello")

    assert bell.wait(1) == ["hello"]
    bell.close()


def test_the_old_receiver_leaving_late_does_not_deafen_the_new_one(tmp_path):
    old = Doorbell(tmp_path / "web.sock")
    with closing(Doorbell(tmp_path / "web.sock")) as new:
        old.close()
        ring(new.path, "hello")

        assert new.wait(1) == ["hello"]


def test_a_box_may_live_deeper_than_a_socket_address_is_long(tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60) / ("f" * 60)
    bell = Doorbell(deep / "web.sock")

    ring(bell.path, "hello")

    assert len(str(bell.path)) > 107
    assert bell.wait(1) == ["hello"]
    bell.close()


def test_a_full_mailbox_loses_messages_and_holds_nobody_up(bell):
    started = time.monotonic()
    for n in range(2000):
        ring(bell.path, str(n))

    heard = bell.wait(1)
    assert time.monotonic() - started < 2
    assert heard[0] == "0"
    assert len(heard) < 2000
    ring(bell.path, "again")
    assert bell.wait(1) == ["again"]


def test_a_message_is_cut_at_512_bytes(bell):
    ring(bell.path, "x" * 5000)

    assert bell.wait(1) == ["x" * 512]


def test_a_closed_bell_leaves_no_file_and_no_open_folder(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    bell = Doorbell(tmp_path / "web.sock")
    ring(bell.path, "hello")
    bell.close()

    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_another_process_may_ring(bell):
    code = "import sys; from pathlib import Path; from appliance.adapters.wake import ring;"
    code += "ring(Path(sys.argv[1]), 'from afar')"
    subprocess.run([sys.executable, "-c", code, str(bell.path)], check=True, timeout=20)

    assert bell.wait(2) == ["from afar"]
