"""Installations as jobs: one a model, paused and gone on with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.core.errors import Conflict, Forbidden, InsufficientScope, NotFound
from appliance.core.ids import job_name
from appliance.core.jobs import Lane, State
from appliance.core.operation import Catalogue
from appliance.core.scopes import Scope
from appliance.operations.models.install import install
from appliance.services.jobs import claiming, installations
from appliance.services.jobs.installations import Asked
from tests.support.box import OPERATIONS, alive, claim, opened_box, put_model


@pytest.fixture
def box(tmp_path, clock):
    with opened_box(tmp_path, catalogue=Catalogue((*OPERATIONS, install)), clock=clock) as fresh:
        alive(fresh)
        put_model(fresh, "oil", installed=False)
        yield fresh


@pytest.fixture
def admin(cast):
    return replace(cast.ada.actor, scopes=frozenset(Scope))


def begin(box, admin, **changes):
    return installations.begin(box, "oil", Asked(admin, "req_1", **changes)).job


def test_an_installation_is_a_job_that_costs_nothing(box, admin):
    job = begin(box, admin)

    assert (job.operation, job.model, job.price.micros) == ("models.install", "oil", 0)
    assert job.models == {}
    assert installations.unfinished(box, "oil").id == job.id


def test_a_second_one_of_the_same_model_is_a_conflict_that_names_the_first(box, admin):
    job = begin(box, admin)

    with pytest.raises(Conflict) as refused:
        begin(box, admin)

    assert refused.value.details == {"job": job_name(job.id)}


def test_the_same_request_again_is_the_same_job(box, admin):
    key = ("again", b"mark")

    assert begin(box, admin, idempotency=key).id == begin(box, admin, idempotency=key).id


def test_only_the_boxs_own_admin_may(box, admin, cast):
    with pytest.raises(InsufficientScope):
        begin(box, cast.ada.actor)
    with pytest.raises(Forbidden):
        begin(box, replace(cast.cyd.actor, scopes=frozenset(Scope)))
    assert installations.unfinished(box, "oil") is None


def test_what_cannot_be_installed_makes_no_job(box, admin):
    put_model(box, "water", commercial=False, installed=False)
    for model, error in (("water", Forbidden), ("nothing", NotFound)):
        with pytest.raises(error):
            installations.begin(box, model, Asked(admin, "req_1"))


def test_a_waiting_one_is_paused_and_resumed(box, admin):
    begin(box, admin)

    assert installations.pause(box, "oil").paused
    assert claiming.claim_next(box, Lane.LIGHT, "boot") is None
    assert not installations.resume(box, "oil").paused
    assert claim(box).operation == "models.install"


def test_a_running_one_goes_back_to_the_queue_and_waits(box, admin):
    begin(box, admin)
    running = claim(box)

    assert installations.pause(box, "oil").state is State.PROCESSING
    claiming.give_back(box, running)  # as its worker does when it is told to stop

    job = installations.unfinished(box, "oil")
    assert (job.state, job.paused) == (State.PENDING, True)
    assert not installations.resume(box, "oil").paused


def test_without_an_installation_there_is_nothing_to_pause(box):
    for move in (installations.pause, installations.resume):
        with pytest.raises(NotFound, match="is not being installed"):
            move(box, "oil")
