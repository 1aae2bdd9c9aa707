"""A film in a real appliance: progress while it is coded, and nothing left once it is cancelled."""

from __future__ import annotations

import base64
import subprocess
import time

from tests.support.films import ffmpeg, picture
from tests.worker.conftest import Running

TOOL = "/api/v1/tools/video-convert"


def _encoders(job: str) -> list[str]:
    listed = subprocess.run(["ps", "-wweo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if "ffmpeg" in line and job in line]


def test_a_film_tells_how_far_it_is_and_cancelling_ends_the_encoder(running: Running) -> None:
    film = running.media / "long.mp4"
    ffmpeg(*picture(60.0, "640x360", 20), "-preset", "ultrafast", "-pix_fmt", "yuv420p", film)
    before = running.client.get("/api/v1/balance").json["balance"]["available_usd"]

    asked = {"content_base64": base64.b64encode(film.read_bytes()).decode(), "codec": "h265"}
    told = running.client.post(TOOL, {**asked, "crf": 1}, headers={"Prefer": "respond-async"})
    assert told.status == 202, told.json
    path = f"/api/v1/jobs/{told.json['job_id']}"
    while not (shown := running.client.get(path).json["data"]).get("progress"):
        assert shown["status"] in ("pending", "processing"), shown
        time.sleep(0.2)
    ulid = shown["id"].removeprefix("job_")
    assert _encoders(ulid)

    running.client.send("DELETE", path)

    for _ in range(100):
        shown = running.client.get(path).json["data"]
        if shown["status"] == "cancelled" and not _encoders(ulid):
            break
        time.sleep(0.1)
    assert (shown["status"], _encoders(ulid)) == ("cancelled", [])
    tmp = running.appliance.home / "data" / "tmp" / "jobs"
    assert not [*tmp.glob(f"{ulid}*")]
    after = running.client.get("/api/v1/balance").json["balance"]["available_usd"]
    assert after == before
