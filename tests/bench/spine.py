"""Figures of the spine, on this machine: `python tests/bench/spine.py [--idle N] [--busy N]`.

Latency from the 202 to `started_at`, a plain GET beside 48 parked waiters, heavy steps beside busy
light jobs, the web process's memory and import time. Ratios are of one run; nothing here is a test.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.golden_media import write_media
from tests.support.home import furnish
from tests.support.running import Appliance, Client

QR = ("/api/v1/operations/tools.qr", {"text": "bench", "size": 128})


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def waited(client: Client, path: str, body: Any) -> float:
    """Milliseconds from the row's creation (in the 202) to the claim."""
    job = client.post(path, body).json["data"]["id"]
    done = client.ended(job)
    assert done["status"] == "completed", done
    return (seconds(done["started_at"]) - seconds(done["created_at"])) * 1000


def spread(name: str, values: list[float], unit: str = "ms") -> None:
    values = sorted(values)
    p95 = values[min(int(len(values) * 0.95), len(values) - 1)]
    print(
        f"{name}: n={len(values)} min {values[0]:.2f} median {statistics.median(values):.2f}"
        f" p95 {p95:.2f} max {values[-1]:.2f} {unit}",
        flush=True,
    )


def idle(client: Client, count: int, pause_s: float) -> None:
    found = []
    for _ in range(count):
        time.sleep(pause_s)
        found.append(waited(client, *QR))
    spread(f"idle ≥ {pause_s:g} s: 202 → started_at", found)


def busy(client: Client, count: int) -> None:
    spread("busy, one after another: 202 → started_at", [waited(client, *QR) for _ in range(count)])


def beside_waiters(appliance: Appliance, client: Client, parked: int) -> None:
    alone = [_get_ms(client) for _ in range(50)]
    spread("plain GET alone", alone)
    appliance.command("jobs", "pause")
    job = client.post(*QR).json["data"]["id"]
    threads = [
        threading.Thread(target=client.get, args=(f"/api/v1/jobs/{job}?wait=30",), daemon=True)
        for _ in range(parked)
    ]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    beside = [_get_ms(client) for _ in range(50)]
    spread(f"plain GET beside {parked} parked waiters", beside)


def _get_ms(client: Client) -> float:
    started = time.perf_counter()
    assert client.get("/api/v1/jobs?limit=1").status == 200
    return (time.perf_counter() - started) * 1000


def heavy_beside_light(client: Client, media: Path) -> None:
    body = {
        "prompt": "x",
        "width": 256,
        "height": 256,
        "steps": 100,
        "count": 4,
        "model": "tiny-sdxl",
    }
    _steps(client, body)
    ratios = []
    for _ in range(5):
        alone = _steps(client, body)
        stop = threading.Event()
        light = [threading.Thread(target=_keep_busy, args=(client, media, stop)) for _ in range(2)]
        for thread in light:
            thread.start()
        time.sleep(1.0)
        beside = _steps(client, body)
        stop.set()
        for thread in light:
            thread.join()
        ratios.append(beside / alone)
        print(f"400 steps alone {alone:.2f} s, beside 2 busy light jobs {beside:.2f} s", flush=True)
    spread("heavy beside light / alone", ratios, "×")


def _steps(client: Client, body: Any) -> float:
    done = client.ended(client.post("/api/v1/generate", body).json["data"]["id"])
    assert done["status"] == "completed", done
    return seconds(done["completed_at"]) - seconds(done["started_at"])


def _keep_busy(client: Client, media: Path, stop: threading.Event) -> None:
    import base64

    photo = base64.b64encode((media / "product.jpg").read_bytes()).decode()
    while not stop.is_set():
        body = {"image_base64": photo, "width": 2000, "height": 2000, "format": "png"}
        client.ended(client.post("/api/v1/operations/product.process", body).json["data"]["id"])


def web_cost(appliance: Appliance) -> None:
    print(f"web RSS: {psutil.Process(appliance.pid('web')).memory_info().rss / 1e6:.0f} MB")
    print(f"worker RSS: {psutil.Process(appliance.pid('worker')).memory_info().rss / 1e6:.0f} MB")
    for module in ("flask", "appliance.web.app"):
        times = []
        for _ in range(5):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
            times.append((time.perf_counter() - started) * 1000)
        spread(f"python -c 'import {module}'", times)


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--idle", type=int, default=10)
    wanted.add_argument("--pause", type=float, default=60.0)
    wanted.add_argument("--busy", type=int, default=200)
    asked = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        furnish(home)
        appliance = Appliance(home, {"APPLIANCE_BILLING__STARTING_CREDITS": "100000"})
        client = appliance.start()
        try:
            web_cost(appliance)
            waited(client, *QR)
            busy(client, asked.busy)
            idle(client, asked.idle, asked.pause)
            heavy_beside_light(client, write_media(home / "media"))
            beside_waiters(appliance, client, 48)
        finally:
            appliance.stop()


if __name__ == "__main__":
    main()
