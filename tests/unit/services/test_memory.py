"""Having the worker drop a model: asked by its bell, answered on the live board."""

from __future__ import annotations

import threading

import pytest

from appliance.adapters.wake import Doorbell
from appliance.core.errors import Busy, NotFound, NoWorker
from appliance.services import memory
from appliance.services.jobs.steering import WORKER_BELL
from appliance.services.memory import Freed
from tests.support.box import let_go, put_model


def test_the_worker_is_asked_and_its_answer_given(box):
    put_model(box, "painter")
    bell = Doorbell(box.home.run / WORKER_BELL)

    def work() -> None:
        heard: list[str] = []
        while not heard:
            heard = [each for each in bell.wait(10) if each.startswith("free ")]
        memory.tell_freed(box, heard[0].removeprefix("free "), 900, 300)
        let_go(box)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert memory.free(box, "painter", patience_s=1e6) == Freed(900, 300)
    finally:
        worker.join()
        bell.close()


def test_an_earlier_answer_is_none(box, clock):
    put_model(box, "painter")
    memory.tell_freed(box, "painter", 900, 300)
    clock.step(seconds=1)

    with pytest.raises(Busy, match="dropped when it has ended"):
        memory.free(box, "painter", patience_s=0.2)


def test_without_a_worker_or_such_a_model_it_is_told(box):
    put_model(box, "painter")

    with pytest.raises(NotFound):
        memory.free(box, "nobody")
    box.live.quiet("worker")
    with pytest.raises(NoWorker):
        memory.free(box, "painter")
