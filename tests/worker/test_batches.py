"""A batch in real processes: every sound picture is made and paid once, whoever dies when, and
every other is explained.
"""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from appliance.adapters.failpoints import Point
from appliance.core.jobs import Environment
from appliance.core.money import Money, usd
from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.wishes import KeyWish
from appliance.services.box import Box, open_box
from appliance.services.money import audit, ledger
from tests.support.archives import mixed, zipped
from tests.support.box import let_go
from tests.support.running import Client
from tests.support.tending import Stubborn, Tended, wait_until

SETTINGS = {
    "APPLIANCE_WORKER__MAX_ATTEMPTS": "20",
    "APPLIANCE_BILLING__STARTING_CREDITS": "20000",
    **{
        f"APPLIANCE_RATES__{name}": "100000 per 1 minute"
        for name in ("MANAGEMENT", "PRODUCT", "ADDRESS")
    },
}
# On the way of a picture, and of the archive, from the queue to the shelf.
SHORT_WAY = (Point.PUBLISH_RENAMED, Point.FINISH_COMMITTED)
WHOLE_WAY = 2 * (*SHORT_WAY, Point.CLAIM_COMMITTED, Point.FINISH_COMMITTING, Point.FAIL_COMMITTING)


@dataclass
class Lab:
    """An appliance to kill, its rows and its client."""

    tended: Tended
    box: Box
    client: Stubborn

    @property
    def free(self) -> Money:
        account = accounts.operator(self.box).account
        return ledger.free_balance(self.box.db, account, Environment.LIVE)

    def send(self, count: int, broken: int, key: str) -> str:
        body = {
            "zip_base64": base64.b64encode(zipped(mixed(count, broken))).decode(),
            "width": 64,
            "height": 64,
            "format": "png",
            "filename": "summer sale.zip",
        }
        answer = self.client.ask("POST", "/api/v1/batch", body, Idempotency_Key=key)
        assert answer.status in (200, 202), answer.body
        return str(answer.json["jobId"])

    def ended(self, job: str, patience_s: float = 60) -> dict[str, Any]:
        def shown() -> dict[str, Any]:
            polled: dict[str, Any] = self.client.ask("GET", f"/api/v1/jobs/{job}").json
            return polled

        wait_until(lambda: shown()["status"] == "completed", lambda: str(shown()), patience_s)
        return shown()

    def items(self, job: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = "0"
        while cursor is not None:
            path = f"/api/v1/batch/{job}?limit=100&cursor={cursor}"
            page = self.client.ask("GET", path).json
            found, cursor = found + page["items"], page["nextCursor"]
        return found


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    tended = Tended(tmp_path_factory.mktemp("batches"), SETTINGS)
    box = open_box(tended.environ, discover())
    key = keys.create_key(box, accounts.operator(box).account, KeyWish("test")).secret
    tended.start()
    try:
        yield Lab(tended, box, Stubborn(tended, key))
    finally:
        tended.stop()
        let_go(box)


def opened(lab: Lab, shown: dict[str, Any]) -> tuple[list[str], list[dict[str, str]]]:
    """The names in the archive and the rows of its report; every picture in it can be read."""
    body = Client(lab.tended.base).get(shown["output"]["url"]).body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        report = archive.read("report.csv").decode("utf-8-sig")
        names = [name for name in archive.namelist() if name != "report.csv"]
        assert all(archive.read(name).startswith(b"\x89PNG") for name in names)
    return names, list(csv.DictReader(io.StringIO(report)))


def check(lab: Lab, job: str, sent: tuple[int, int], before: Money) -> None:
    """All of a batch of so many files, of which so many are broken, is as it should be."""
    count, broken = sent
    shown = lab.ended(job, patience_s=150)
    names, rows = opened(lab, shown)

    assert shown["output"]["mimeType"] == "application/zip"
    assert len(set(names)) == len(names) == count - broken
    assert len(rows) == count
    completed = [row for row in rows if row["status"] == "completed"]
    assert [row["file"] for row in completed] == names
    assert {(row["width"], row["height"]) for row in completed} == {("64", "64")}
    assert {row["charged_usd"] for row in completed} == {"0.02"}
    explained = [row for row in rows if row["status"] != "completed"]
    assert all(row["error_code"] and row["error_message"] for row in explained)
    assert {row["charged_usd"] for row in explained} == {"0"}
    assert before - lab.free == Money(usd("0.02").micros * (count - broken))
    assert [item["name"] for item in lab.items(job)] == [row["name"] for row in rows]
    assert audit.faults(lab.box.db) == []


def test_a_batch_makes_every_sound_picture_and_explains_every_other(lab: Lab) -> None:
    before = lab.free

    job = lab.send(12, 2, "twelve")

    check(lab, job, (12, 2), before)
    assert lab.ended(job)["output"]["url"].partition("?")[0].endswith("summer-sale.zip")


@pytest.mark.slow
def test_two_hundred_pictures_of_which_seven_are_broken(lab: Lab) -> None:
    before = lab.free

    job = lab.send(200, 7, "two hundred")

    check(lab, job, (200, 7), before)
    statuses = [item["status"] for item in lab.items(job)]
    assert {each: statuses.count(each) for each in set(statuses)} == {
        "completed": 193,
        "failed": 2,
        "refused": 5,
    }


@pytest.mark.slow
@pytest.mark.parametrize("way", [SHORT_WAY, WHOLE_WAY], ids=["short", "whole"])
def test_a_worker_that_is_killed_again_and_again_makes_the_same_sums(
    lab: Lab, way: tuple[Point, ...]
) -> None:
    before = lab.free
    for point in set(way):
        lab.tended.arm(point, deaths=way.count(point))

    job = lab.send(12, 2, f"killed {len(way)} times")

    check(lab, job, (12, 2), before)
    assert lab.tended.owed() == []
    made = [*(lab.box.home.outputs / job.removeprefix("job_")).rglob("*.*")]
    assert [path.name for path in made] == ["summer-sale.zip"]
