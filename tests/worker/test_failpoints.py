"""Kill -9 at every fail point, three times running: no job is lost, doubled or charged twice, and
no stray file stays behind.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.adapters.failpoints import Point
from appliance.core.ids import JobId, job_name
from appliance.core.jobs import State
from appliance.core.money import Money
from appliance.services.jobs import steering
from appliance.services.money import audit
from tests.support.pipelines import add_model, tiny_sdxl
from tests.support.tending import wait_until
from tests.worker.lab import ATTEMPTS, GENERATE, Lab, opened_lab

DEATHS = 3
SMALL = {"output_format": "webp", "width": 200}
SLOW = {"output_format": "png", "width": 5000, "height": 5000, "fit": "fill"}

Play = Callable[[Lab], JobId]


def complete(lab: Lab) -> JobId:
    return lab.convert(SMALL, Prefer="wait=5")


def break_down(lab: Lab) -> JobId:
    job = lab.convert(SMALL, lab.photo[: len(lab.photo) // 3], Prefer="wait=5")
    lab.expected[job] = State.FAILED
    return job


def cancel_waiting(lab: Lab) -> JobId:
    steering.set_lanes_paused(lab.box, paused=True)
    try:
        job = lab.convert(SMALL)
        cancel(lab, job)
    finally:
        steering.set_lanes_paused(lab.box, paused=False)
    return job


def cancel_running(lab: Lab) -> JobId:
    job = lab.convert(SLOW)
    lab.run_until(job, State.PROCESSING)
    cancel(lab, job)
    return job


def cancel(lab: Lab, job: JobId) -> None:
    answer = lab.client.ask("DELETE", f"/api/v1/jobs/{job_name(job)}")
    # The first try may have been carried out before its connection broke.
    assert answer.status in (200, 409), answer.body
    lab.expected[job] = State.CANCELLED


def stop_under_it(lab: Lab) -> JobId:
    job, boots = lab.convert(SLOW), [None]

    def stopped() -> bool:
        state, boot = lab.box.db.rows("SELECT state, boot FROM job WHERE id = ?", (job,))[0]
        if boot not in boots:  # another worker has taken it
            boots.append(boot)
            os.kill(lab.tended.processes["worker"].pid, signal.SIGTERM)
        return not lab.tended.owed() or State(state).final

    wait_until(stopped, lab.tended.log)
    return job


def leave_behind(lab: Lab) -> JobId:
    lab.tended.arm(Point.CLAIM_COMMITTED)
    return complete(lab)


OTHERWISE: dict[str, Play] = {
    "fail": break_down,
    "cancel": cancel_waiting,
    "cancelled": cancel_running,
    "give-back": stop_under_it,
    "retry": leave_behind,
}
# Each death here costs an attempt, or none: all together fewer than there are.
WORK = ("claim.", "publish.", "finish.")
# What every job passes; the other points' deaths are among the long suites.
EVERY_JOBS = ("admission.", "nudge.", *WORK)
HEAVY_WAY = (
    Point.CLAIM_COMMITTED,
    Point.PUBLISH_RENAMED,
    Point.FINISH_COMMITTING,
    Point.FINISH_COMMITTED,
)
# Deaths that another file here owes: they need more than a job.
ELSEWHERE = ("delivery", "reply", "arrival", "hot", "removal", "forget")
PLAYS = {
    point: OTHERWISE.get(part, complete)
    for point in Point
    if (part := point.partition(".")[0]) not in ELSEWHERE
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    yield from opened_lab(tmp_path_factory.mktemp("killed"))


@pytest.fixture
def heavy(tmp_path: Path) -> Iterator[Lab]:
    (tmp_path / "models").mkdir()
    add_model(tmp_path / "models", tiny_sdxl, "tiny-sdxl")
    yield from opened_lab(tmp_path)


def check(lab: Lab, job: JobId) -> None:
    """All is as if nobody had died."""
    lab.run_until(job, lab.expected[job])
    working = lab.box.home.tmp / "jobs"
    wait_until(lambda: not [*working.glob("*/*")], lambda: "a folder of a settled job stays")
    check_jobs_and_money(lab)
    check_files(lab)
    check_the_clients_view(lab, job)


def check_jobs_and_money(lab: Lab) -> None:
    db = lab.box.db
    rows = db.rows("SELECT j.id, j.state, i.key FROM job j LEFT JOIN idempotency i ON i.job = j.id")
    assert {row[0]: row[1] for row in rows} == lab.expected
    assert len({row[2] for row in rows}) == len(rows)
    assert audit.faults(db) == []
    assert db.row("SELECT count(*) FROM hold WHERE state = 'open'") == (0,)
    moves = db.rows("SELECT kind, count(*), count(DISTINCT ref) FROM entry GROUP BY kind")
    assert {("hold", len(rows), len(rows)), ("settle", len(rows), len(rows))} <= {*moves}
    charged = db.row("SELECT coalesce(sum(price), 0) FROM job WHERE state = 'completed'")
    assert lab.free == lab.granted - Money(charged[0] if charged else 0)


def check_files(lab: Lab) -> None:
    outputs, uploads = lab.box.home.outputs, lab.box.home.uploads
    rows = dict(lab.box.db.rows("SELECT path, sha256 FROM output"))
    found = {str(each.relative_to(outputs)): each for each in outputs.rglob("*") if each.is_file()}
    assert {name: digest(each) for name, each in found.items()} == rows
    made = {JobId(name.partition("/")[0]) for name in rows}
    assert made == {job for job, end in lab.expected.items() if end is State.COMPLETED}
    assert made == {each.name for each in outputs.iterdir()}
    kept = {row[0] for row in lab.box.db.rows("SELECT path FROM upload")}
    assert kept <= {each.name for each in uploads.iterdir()}


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def check_the_clients_view(lab: Lab, job: JobId) -> None:
    data = lab.client.ask("GET", f"/api/v1/jobs/{job_name(job)}").json["data"]
    assert data["status"] == lab.expected[job]
    rows = lab.box.db.rows("SELECT sha256 FROM output WHERE job = ?", (job,))
    links = [lab.client.ask("GET", made["url"]).body for made in data["outputs"]]
    assert [(hashlib.sha256(body).hexdigest(),) for body in links] == rows


@pytest.mark.parametrize("part", ELSEWHERE)
def test_a_point_without_a_play_here_is_another_tests(part: str) -> None:
    others = [each for each in Path(__file__).parent.glob("test_*.py") if each != Path(__file__)]
    named = re.compile(rf"Point\.{part.upper()}_|[\"']{part}\.")

    assert [each.name for each in others if named.search(each.read_text("utf-8"))]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(each, marks=() if each.startswith(EVERY_JOBS) else pytest.mark.slow)
        for each in PLAYS
    ],
)
def test_three_deaths_cost_nothing_at(lab: Lab, point: Point) -> None:
    lab.tended.arm(point, DEATHS)
    play, jobs = PLAYS[point], []

    # A job that lives on after its first death at the point is one of three.
    while lab.tended.owed() and len(jobs) <= DEATHS:
        jobs.append(play(lab))
        lab.run_until(jobs[-1], lab.expected[jobs[-1]])
        lab.tended.wait_ready()

    wait_until(
        lambda: not lab.tended.owed(), lambda: f"nobody reached {point}: {lab.tended.owed()}"
    )
    for job in jobs:
        check(lab, job)


def test_one_job_completes_through_a_death_at_every_point_of_the_worker(lab: Lab) -> None:
    way = [Point.NUDGE_TAKEN, *(each for each in Point if each.startswith(WORK))]
    for point in way:
        lab.tended.arm(point)

    job = complete(lab)

    check(lab, job)
    wait_until(lambda: not lab.tended.owed(), lambda: f"{lab.tended.owed()} are owed")


def test_a_job_that_dies_too_often_fails_and_leaves_nothing(lab: Lab) -> None:
    lab.tended.arm(Point.PUBLISH_RENAMED, ATTEMPTS)

    job = complete(lab)

    lab.expected[job] = State.FAILED
    check(lab, job)


def test_a_heavy_job_completes_through_deaths_on_its_way(heavy: Lab) -> None:
    for point in HEAVY_WAY:
        heavy.tended.arm(point)
    heavy.patience_s = 300  # every worker imports torch

    job = heavy.submit({"prompt": "a mug", "width": 256, "height": 256, "steps": 1}, GENERATE)

    check(heavy, job)
    wait_until(lambda: not heavy.tended.owed(), lambda: f"{heavy.tended.owed()} are owed")
