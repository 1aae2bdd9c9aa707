"""Models installed by jobs of a real appliance, from a hub of this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.home import furnish
from tests.support.hub import Hub, running_hub
from tests.support.running import Appliance, Client

LARGE = bytes(range(256)) * 16384  # 4 MB
MANIFEST = """
title = "Painter"
ability = "image.text_to_image"
runtime = "torch"
layout = "diffusers"
licence = "MIT"
commercial_use = true
memory_mb = 1
disk_mb = 4

[[sources]]
hub = "ada/painter"
"""


@dataclass
class Place:
    hub: Hub
    home: Path
    admin: Client
    member: Client

    @property
    def models(self) -> Path:
        return self.home / "models"

    def manifest(self, name: str) -> str:
        (self.models / f"{name}.toml").write_text(MANIFEST)
        return f"/api/v1/models/{name}"

    def begin(self, path: str) -> str:
        reply = self.admin.post(f"{path}/install", None)
        assert reply.status == 202, reply.body
        return str(reply.json["data"]["id"])

    def fetched(self, name: str) -> int:
        found = (self.models / ".partial" / name).rglob("*")
        return sum(each.stat().st_size for each in found if each.is_file())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("installing")
    furnish(home)
    with running_hub(Hub({"ada/painter": {"w.safetensors": LARGE, "a.json": b"{}"}})) as hub:
        appliance = Appliance(home, {"APPLIANCE_MODELS__HUB": hub.url})
        member = appliance.start()
        admin = appliance.command("keys", "create", "--name", "root", "--scope", "admin")
        try:
            yield Place(hub, home, Client(member.base, admin), member)
        finally:
            appliance.stop()


@pytest.fixture(autouse=True)
def quick(place: Place) -> None:
    place.hub.slow_s = 0.0
    place.hub.lies.clear()
    place.hub.asked.clear()


def until(true: Callable[[], object], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_model_is_installed_by_a_job_and_is_there_for_the_web(place: Place) -> None:
    path = place.manifest("one")
    before = place.member.get("/api/v1/credits").json

    job = place.member.ended(place.begin(path))

    assert (job["status"], job["outputs"], job["model"]) == ("completed", [], "one")
    assert job["facts"]["source"] == "hub:ada/painter"
    shown = place.member.get(path).json["data"]
    assert (shown["installed"], shown["source"]) == (True, "hub:ada/painter")
    assert {each["name"] for each in shown["files"]} == {"w.safetensors", "a.json"}
    assert place.member.get("/api/v1/credits").json == before


def test_its_bytes_are_shown_it_rests_and_goes_on_where_it_was(place: Place) -> None:
    place.hub.slow_s = 0.15
    path = place.manifest("two")
    job = place.begin(path)
    until(lambda: place.member.get(f"/api/v1/jobs/{job}").json["data"].get("step", 0) > 500_000)
    assert place.member.get(f"/api/v1/jobs/{job}").json["data"]["steps"] == len(LARGE) + 2

    assert place.admin.post(f"{path}/pause", None).status == 200
    until(lambda: place.member.get(f"/api/v1/jobs/{job}").json["data"]["status"] == "pending")
    kept = place.fetched("two")
    assert kept > 500_000
    assert place.member.get(f"/api/v1/jobs/{job}").json["data"]["paused"] is True

    place.hub.asked.clear()
    assert place.admin.post(f"{path}/resume", None).status == 200
    until(lambda: place.hub.ranges("w.safetensors"))
    place.hub.slow_s = 0
    done = place.member.ended(job)
    assert done["status"] == "completed", done["error"]
    (ranged,) = [each for each in place.hub.ranges("w.safetensors") if each]
    assert int(ranged.removeprefix("bytes=").rstrip("-")) >= kept - 10


def test_light_jobs_run_beside_installations(place: Place) -> None:
    place.hub.slow_s = 0.15
    jobs = [place.begin(place.manifest(name)) for name in ("three", "four", "five")]

    drawn = place.member.post("/api/v1/tools/qr", {"text": "hello"})

    assert drawn.status == 200, drawn.body
    for job in jobs:
        assert place.member.send("DELETE", f"/api/v1/jobs/{job}").status == 200
        assert place.member.ended(job)["status"] == "cancelled"
    assert not (place.models / "three").exists()


def test_a_lie_fails_the_job_with_the_reason_and_nothing_is_half_there(place: Place) -> None:
    place.hub.lies["w.safetensors"] = LARGE[::-1]

    job = place.member.ended(place.begin(place.manifest("six")))

    assert job["status"] == "failed"
    assert "is not what was asked for" in job["error"]["message"]
    assert not (place.models / "six").exists()


def test_only_an_admin_may(place: Place) -> None:
    path = place.manifest("seven")

    for move in ("install", "pause", "resume", "remove"):
        assert place.member.post(f"{path}/{move}", None).status == 403
    native = place.member.post("/api/v1/operations/models.install", {"model": "seven"})
    assert native.status == 403


def test_removed_is_gone_and_aliases_point_where_the_admin_says(place: Place) -> None:
    path = place.manifest("eight")
    place.member.ended(place.begin(path))

    removed = place.admin.post(f"{path}/remove", None)
    assert (removed.status, removed.json["data"]["installed"]) == (200, False)
    assert not (place.models / "eight").exists()

    changed = place.admin.send("PUT", "/api/v1/aliases", {"aliases": {"dall-e-3": "tiny-sdxl"}})
    assert changed.status == 200
    asked = {"prompt": "a mug", "model": "dall-e-3", "size": "256x256"}
    made = place.member.post("/api/v1/image/generate", asked)
    assert (made.status, made.json["resolvedModel"]) == (200, "tiny-sdxl")
