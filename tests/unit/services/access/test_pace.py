from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.adapters.config import CHECKOUT
from appliance.core import errors
from appliance.core.ids import AppId
from appliance.core.jobs import AppTerms
from appliance.services.access import apps, door, keys
from appliance.services.access.apps import AppWish
from appliance.services.access.wishes import KeyWish
from appliance.services.jobs import outcome
from appliance.services.jobs.admission import admit
from tests.support.box import ask, claim, let_go, opened_box, submit
from tests.support.personas import move_in

TOOL = {"family": "tools", "tool": "card"}
REFUSED = (errors.ConcurrencyLimited, errors.RateLimited, errors.QuotaExceeded)
BOUNDS = [
    {"limits": {"concurrent_jobs": 3}},
    {"limits": {"tools_an_hour": 3}},
    {"quota": {"calls": 3}},
    {"quota": {"usd": "0.3"}},
    {"app": {"limits": {"concurrent_jobs": 3}}},
    {"app": {"quota": {"calls": 3}}},
]


def bounded_key(box, account, limits=None, quota=None, app=None):
    """The actor of a fresh key with these bounds, its own or its app's."""
    made = apps.create_app(box, account, AppWish("shop", **app)).id if app else None
    wish = KeyWish("bounded", limits=limits or {}, quota=quota or {}, app=made)
    return door.actor_of(box, keys.create_key(box, account, wish).secret)


def jobs(box):
    return box.db.row("SELECT count(*) FROM job WHERE state = 'pending'")[0]


@pytest.mark.parametrize("bounds", BOUNDS)
def test_threads_at_once_pass_no_bound_together(box, ada, bounds):
    actor = bounded_key(box, ada.account, **bounds)

    def one(_: int) -> bool:
        try:
            admit(box, ask(actor, **TOOL))
        except REFUSED:
            return False
        finally:
            let_go(box)
        return True

    with ThreadPoolExecutor(12) as pool:
        passed = list(pool.map(one, range(24)))

    assert sum(passed) == jobs(box) == 3


_RACER = """
import sys
from appliance.services.access import door
from appliance.services.jobs.admission import admit
from tests.support.box import alive, ask, opened_box
from tests.unit.services.access.test_pace import REFUSED, TOOL

home, secret = sys.argv[1:]
with opened_box(home) as box:
    actor = door.actor_of(box, secret)
    alive(box)
    print("ready", flush=True)
    sys.stdin.readline()
    passed = 0
    for _ in range(8):
        try:
            admit(box, ask(actor, **TOOL))
            passed += 1
        except REFUSED:
            pass
    print(passed)
"""


@pytest.mark.parametrize("bounds", [BOUNDS[0], BOUNDS[1], BOUNDS[5]])
def test_processes_at_once_pass_no_bound_together(box, ada, bounds):
    actor = bounded_key(box, ada.account, **bounds)
    made = keys.rotate_key(box, ada.account, actor.key, overlap=timedelta(hours=1))
    command = [sys.executable, "-c", _RACER, str(box.home.root), made.secret]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": CHECKOUT}
    racers = [subprocess.Popen(command, **pipes) for _ in range(2)]

    assert [racer.stdout.readline().strip() for racer in racers] == ["ready", "ready"]
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    passed = [int(racer.communicate(timeout=60)[0]) for racer in racers]

    assert sum(passed) == jobs(box) == 3


@pytest.mark.parametrize("end", ["failed", "cancelled"])
@pytest.mark.parametrize("limit", ["concurrent_jobs", "tools_an_hour"])
def test_a_job_that_came_to_nothing_gives_its_place_back(box, ada, limit, end):
    actor = replace(ada.actor, limits={limit: 1})
    job = submit(box, actor, **TOOL)
    if end == "failed":
        outcome.fail(box, claim(box), errors.ProcessingFailed("It broke."))
    else:
        outcome.request_cancel(box, job.id)

    assert submit(box, actor, **TOOL)


def test_a_finished_job_makes_room_but_keeps_its_slot_of_the_hour(box, ada, clock):
    actor = replace(ada.actor, limits={"concurrent_jobs": 1, "tools_an_hour": 1})
    submit(box, actor, **TOOL)
    outcome.finish(box, claim(box), outcome.Result([], {}, (), seconds=1.0))

    with pytest.raises(errors.RateLimited):
        admit(box, ask(actor, **TOOL))
    assert submit(box, actor)


def test_what_is_over_says_how_many_there_may_be(box, ada):
    actor = replace(ada.actor, limits={"concurrent_jobs": 1})
    submit(box, actor)

    with pytest.raises(errors.ConcurrencyLimited, match="key has 1 unfinished") as caught:
        admit(box, ask(actor))

    assert caught.value.details["limit"] == {"limit": 1, "window_seconds": 0}
    assert caught.value.retry_after_s


@pytest.fixture
def narrow(tmp_path, clock):
    """A box whose plan lets each key have one unfinished job, and its Ada."""
    one = {"plans__enterprise__limits__concurrent_jobs": 1}
    with opened_box(tmp_path / "narrow", clock=clock, **one) as box:
        yield box, move_in(box).ada


@pytest.mark.parametrize("own", [2, 0, 1])
def test_a_key_may_tighten_what_its_plan_allows_and_not_loosen_it(narrow, own):
    box, ada = narrow
    actor = replace(ada.actor, limits={"concurrent_jobs": own})
    submit(box, actor)

    with pytest.raises(errors.ConcurrencyLimited):
        admit(box, ask(actor))


def test_a_plan_limits_each_key_and_not_its_app_as_a_whole(narrow):
    box, ada = narrow
    app = apps.create_app(box, ada.account, AppWish("shop"))
    for name in ("one", "two"):
        made = keys.create_key(box, ada.account, KeyWish(name, app=app.id))
        assert submit(box, door.actor_of(box, made.secret))


def test_a_key_and_what_replaced_it_share_their_places(box, ada):
    old = bounded_key(box, ada.account, limits={"concurrent_jobs": 1})
    made = keys.rotate_key(box, ada.account, old.key, overlap=timedelta(hours=1))
    submit(box, old)

    with pytest.raises(errors.ConcurrencyLimited):
        admit(box, ask(door.actor_of(box, made.secret)))


def test_the_boxs_own_command_line_has_no_limits(box, root):
    app = AppTerms(AppId("app_1"), {}, {})

    for actor in (root, replace(root, app=app)):
        assert submit(box, actor, **TOOL)
