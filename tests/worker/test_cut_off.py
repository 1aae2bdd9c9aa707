"""The appliance with the network cut: everything starts, jobs end, and nothing tries to get out."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.support.cut_off import attempts, cut_off
from tests.support.home import furnish
from tests.support.running import Appliance

QR = ("/api/v1/operations/tools.qr", {"text": "https://studio.example"})
PICTURE = ("/api/v1/generate", {"prompt": "a cup", "width": 256, "height": 256, "steps": 1})


def test_everything_starts_and_jobs_end_and_nobody_tries_to_get_out(tmp_path: Path) -> None:
    furnish(tmp_path / "home")

    def story() -> tuple[int, list[str], int]:
        box = Appliance(tmp_path / "home")
        try:
            client = box.start()
            ready = client.get("/ready").status
            jobs = [client.post(*asked).json["data"]["id"] for asked in (QR, PICTURE)]
            ended = [client.ended(job)["status"] for job in jobs]
        finally:
            box.stop()
        return ready, ended, attempts()

    assert cut_off(story) == (200, ["completed", "completed"], 0)


def test_an_attempt_to_get_out_would_be_counted() -> None:
    def leave() -> list[int]:
        counts = []
        for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
            with socket.socket(family, socket.SOCK_DGRAM) as asking:
                assert asking.connect_ex((address, 53)) != 0
            counts.append(attempts())
        return counts

    assert cut_off(leave) == [1, 2]
