"""Streams over connections that break and processes that die: everything is told, and told once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.streaming import Listener, Told
from tests.worker.conftest import Running

LONG = {"prompt": "a long one", "width": 256, "height": 256, "steps": 100, "count": 2, "seed": 5}
SHORT = {"text": "short"}


def start_long(running: Running) -> str:
    job: str = running.client.post("/api/v1/generate", LONG).json["data"]["id"]
    return job


def listen_to(running: Running, job: str, last: str = "") -> Listener:
    return Listener(running.client, f"/api/v1/jobs/{job}/events", last)


def listen(running: Running, last: str = "") -> Listener:
    return Listener(running.client, "/api/v1/events", last)


@contextmanager
def listening(running: Running) -> Iterator[Listener]:
    """The account's stream for as long as the block runs."""
    listener = listen(running)
    try:
        yield listener
    finally:
        listener.cut()


def of(told: list[Told], job: str) -> list[str]:
    """What was told of a job on the account's streams, in order."""
    return [each.name.removeprefix("job.") for each in told if each.data["data"]["id"] == job]


def check_once_in_order(told: list[Told]) -> None:
    """A job's stream, over all its connections."""
    assert len({each.id for each in told}) == len(told)
    order = [tuple(map(int, each.id.split("-")))[:3] for each in told]
    assert order == sorted(order)
    # How many steps are seen is the machine's affair: a job may end while its web starts again.
    assert "progress" in {each.name for each in told}
    assert told[-1].name == "completed"
    assert told[-1].data["status"] == "completed"


def test_a_job_is_told_once_over_connections_that_break(running: Running) -> None:
    job = start_long(running)
    told: list[Told] = []
    last = ""
    for _ in range(5):
        listener = listen_to(running, job, last)
        listener.heard("progress")
        listener.cut()
        told += listener.told
        last = listener.last

    final = listen_to(running, job, last)
    told += final.end()

    check_once_in_order(told)
    assert final.ended
    assert listen_to(running, job, final.last).status == 204


def test_streams_go_on_after_the_web_was_killed(running: Running) -> None:
    account = listen(running)
    job = start_long(running)
    listener = listen_to(running, job)
    listener.heard("progress", 3)

    running.appliance.kill("web")
    before = [*listener.end()], [*account.end()]
    running.appliance.wait_ready(running.client)
    again, rest = listen_to(running, job, listener.last), listen(running, account.last)

    check_once_in_order(before[0] + again.end())
    told = before[1] + rest.heard("job.completed")
    rest.cut()
    assert of(told, job) == ["pending", "processing", "completed"]


def test_what_happened_while_nobody_listened_is_told_in_order(running: Running) -> None:
    with listening(running) as first:
        running.client.ended(
            running.client.post("/api/v1/operations/tools.qr", SHORT).json["data"]["id"]
        )
        first.heard("job.completed")
    jobs = [
        running.client.post("/api/v1/operations/tools.qr", {"text": f"{n}"}).json["data"]["id"]
        for n in range(6)
    ]
    for job in jobs:
        running.client.ended(job)

    later = listen(running, first.last)
    told = later.heard("job.completed", len(jobs))
    later.cut()

    for job in jobs:
        assert of(told, job) == ["pending", "processing", "completed"]
    order = [int(each.id) for each in first.told + told]
    assert order == sorted(set(order))


def test_a_job_whose_worker_was_killed_is_told_as_pending_once_more(running: Running) -> None:
    with listening(running) as account:
        job = start_long(running)
        listener = listen_to(running, job)
        listener.heard("progress", 3)

        running.appliance.kill("worker")

        check_once_in_order(listener.end())
        told = account.heard("job.completed")
    assert of(told, job) == ["pending", "processing", "pending", "processing", "completed"]


def test_two_who_listen_are_told_the_same(running: Running) -> None:
    with listening(running) as one, listening(running) as other:
        job = start_long(running)
        watchers = [listen_to(running, job) for _ in range(2)]
        for watcher in watchers:
            watcher.heard("progress")
        running.client.send("DELETE", f"/api/v1/jobs/{job}")

        for watcher in watchers:
            assert watcher.end()[-1].name == "cancelled"
            assert watcher.ended
        told = one.heard("job.cancelled")
        others = other.heard("job.cancelled")
    assert [(each.id, each.name) for each in told] == [(each.id, each.name) for each in others]
    assert of(told, job) == ["pending", "processing", "cancelled"]


def test_streams_end_in_order_when_the_web_is_stopped(running: Running) -> None:
    account = listen(running)
    job = start_long(running)
    listener = listen_to(running, job)
    listener.heard("progress")

    os.kill(running.appliance.pid("web"), signal.SIGTERM)

    for stream in (listener, account):
        stream.end()
        assert stream.ended
    running.appliance.wait_ready(running.client)
    again, rest = listen_to(running, job, listener.last), listen(running, account.last)
    check_once_in_order(listener.told + again.end())
    rest.heard("job.completed")
    rest.cut()
    assert of(account.told + rest.told, job) == ["pending", "processing", "completed"]
