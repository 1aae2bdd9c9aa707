"""Having the workers load or drop a model: asked by their bells, answered on the live board."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from appliance.adapters.wake import Doorbell
from appliance.core.clock import micros
from appliance.core.errors import Busy, Conflict, ModelNotInstalled, NotFound, NoWorker
from appliance.core.workers import ONLY, Station
from appliance.services import memory
from appliance.services.memory import Freed, Loaded, Wish
from tests.support.box import let_go, opened_box, put_model

SECOND = Station(1, first=False)


@contextmanager
def working(box, station: Station, **says: object) -> Iterator[None]:
    """A worker that answers this to what it is asked first."""
    bell = Doorbell(box.home.run / station.bell)
    box.live.beat(station.name, micros(box.clock.now()))

    def work() -> None:
        heard: list[str] = []
        while not heard:
            heard = bell.wait(10)
        wish, _, model = heard[0].partition(" ")
        memory.tell(box, station, Wish(wish), model, says)
        let_go(box)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        worker.join()
        bell.close()


def test_the_worker_is_asked_and_its_answer_given(box):
    put_model(box, "painter")

    with working(box, ONLY, before_mb=900, after_mb=300):
        assert memory.free(box, "painter", patience_s=1e6) == Freed(900, 300)
    with working(box, ONLY, before_mb=300, after_mb=900, load_s=4.5):
        assert memory.load(box, "painter", patience_s=1e6) == Loaded(300, 900, 4.5)


def test_every_worker_is_asked_and_what_they_take_added_up(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, worker__gpus=[0, 1]) as box:
        put_model(box, "painter")
        with (
            working(box, ONLY, before_mb=1, after_mb=10, load_s=4.5),
            working(box, SECOND, before_mb=2, after_mb=20, load_s=6.5),
        ):
            assert memory.load(box, "painter", patience_s=1e6) == Loaded(3, 30, 6.5)


def test_a_worker_that_does_not_run_is_not_waited_for(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, worker__gpus=[0, 1]) as box:
        put_model(box, "painter")
        with working(box, ONLY, before_mb=900, after_mb=300):
            assert memory.free(box, "painter", patience_s=1e6) == Freed(900, 300)


def test_why_a_model_cannot_be_loaded_is_told(box):
    put_model(box, "painter")

    with working(box, ONLY, error="painter needs 5 MB"), pytest.raises(Conflict, match="5 MB"):
        memory.load(box, "painter", patience_s=1e6)


def test_an_earlier_answer_is_none(box, clock):
    put_model(box, "painter")
    for wish in Wish:
        memory.tell(box, ONLY, wish, "painter", {"before_mb": 900, "after_mb": 300, "load_s": 1})
    clock.step(seconds=1)

    with pytest.raises(Busy, match="dropped when it has ended"):
        memory.free(box, "painter", patience_s=0.2)
    with pytest.raises(Busy, match="being loaded"):
        memory.load(box, "painter", patience_s=0.2)


def test_a_model_that_no_worker_could_load_is_not_asked_for(box):
    put_model(box, "absent", installed=False)
    put_model(box, "idle", engine="nobody.runs_it")
    put_model(box, "small", runtime="tflite")

    with pytest.raises(ModelNotInstalled, match="models install absent"):
        memory.load(box, "absent")
    with pytest.raises(Conflict, match="no engine"):
        memory.load(box, "idle")
    with pytest.raises(Conflict, match="without the GPU"):
        memory.load(box, "small")


@pytest.mark.parametrize("ask", [memory.free, memory.load])
def test_without_a_worker_or_such_a_model_it_is_told(box, ask):
    put_model(box, "painter")

    with pytest.raises(NotFound):
        ask(box, "nobody")
    box.live.quiet("worker")
    with pytest.raises(NoWorker):
        ask(box, "painter")
