"""The heavy lane: one thread, one job at a time, models kept in memory between jobs.

The thread opens no file of a customer's and encodes none of its own: media children do, and the
end of a job (encode, hash, settle) runs beside the next job.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from appliance.adapters.wake import ring
from appliance.core.abilities.key import AbilityKey
from appliance.core.batch import Item
from appliance.core.character import Character
from appliance.core.errors import ModelNotInstalled, ProcessingFailed
from appliance.core.files import Upload
from appliance.core.jobs import Claimed, Lane
from appliance.core.model import Model
from appliance.core.operation import PNG, Operation, Output, PictureFormat, Published
from appliance.core.picture import Picture
from appliance.core.progress import Progress, Step
from appliance.services import characters
from appliance.services.box import Box
from appliance.services.files import uploads
from appliance.services.jobs import claiming
from appliance.services.jobs.steering import WEB_BELL
from appliance.worker import child
from appliance.worker.child import Done
from appliance.worker.children import Children, outcome
from appliance.worker.files import Naming, files_in
from appliance.worker.memory import Memory
from appliance.worker.running import Leash, Running
from appliance.worker.settling import Settler

_ENDING = 3  # jobs being encoded and settled at once; a fourth waits before the next one starts


class HeavyLane:
    """Runs heavy jobs in the thread that calls `run_next`."""

    def __init__(
        self, box: Box, boot: str, children: Children, running: Running, settler: Settler
    ) -> None:
        self.box, self.boot = box, boot
        self.children, self.running, self.settler = children, running, settler
        self._ends = ThreadPoolExecutor(_ENDING, thread_name_prefix="ending")
        self._room = threading.BoundedSemaphore(_ENDING)
        self._last_models, self._since = "", 0.0
        self.memory = Memory(box, settler.station)

    def run_next(self) -> None:
        """Claim and run jobs until none is ready."""
        while not self.running.stopping.is_set():
            self.memory.obey()
            job = claiming.claim_next(self.box, Lane.HEAVY, self.boot, prefer=self._preferred())
            if job is None:
                self.memory.warm_up()
                self.memory.free_idle()
                return
            self._run(job)

    def close(self) -> None:
        """Wait for the jobs being encoded and settled."""
        self._ends.shutdown(wait=True)

    def _preferred(self) -> str:
        # Staying with a loaded model saves its reload; the clock keeps others from starving.
        patience = self.box.settings.worker.prefer_loaded_s
        return self._last_models if time.monotonic() - self._since < patience else ""

    def _run(self, job: Claimed) -> None:
        models = json.dumps(dict(job.models))
        if models != self._last_models:
            self._last_models, self._since = models, time.monotonic()
        self._room.acquire()
        started = time.monotonic()
        stack = self.running.leash(job.id)
        leash = stack.__enter__()
        try:
            output: Output | BaseException = self._output(job, leash)
        except BaseException as raised:  # noqa: BLE001  settled by `end`, beside the next job
            output = raised
        self._ends.submit(self._end, job, output, (stack, leash), started)

    def _output(self, job: Claimed, leash: Leash) -> Output:
        box = self.box
        operation = box.catalogue[job.operation]
        models = self.settler.models(job)
        params = uploads.revived(box, job.account, operation.params, job.params)
        context = HeavyContext(self, job, models, leash)
        context.work_on(files_in(params))
        return operation.run(context, params)

    def _end(self, job: Claimed, output: Any, held: tuple[Any, Leash], started: float) -> None:
        stack, leash = held

        def work() -> tuple[Done, float]:
            if isinstance(output, BaseException):
                raise output
            leash.check()
            files = tuple(published.made() for published in output.files)
            seconds = time.monotonic() - started
            return Done(files, dict(output.facts), output.warnings), seconds

        try:
            self.settler.end(job, work)
        finally:
            stack.__exit__(None, None, None)
            self._room.release()


class HeavyContext:
    """The run context of a heavy job."""

    def __init__(
        self, lane: HeavyLane, job: Claimed, models: dict[str, Model], leash: Leash
    ) -> None:
        self._lane, self._job, self._models, self._leash = lane, job, models, leash
        self._naming: Naming = lane.settler.naming(job, models)
        self._arrays = self._published = 0
        self.progress = Progress(self._report, leash.check)

    def work_on(self, inputs: tuple[Upload, ...]) -> None:
        """Say in what is made that these files went in."""
        self._naming = replace(self._naming, inputs=inputs)

    def _report(self, step: Step) -> None:
        box = self._lane.box
        box.live.report(self._job.id, self._job.attempt, step)
        ring(box.home.run / WEB_BELL, self._job.id)

    def _array(self) -> Path:
        self._arrays += 1
        return self._naming.folder / f"{self._arrays}.npy"

    def picture(self, upload: Upload) -> Picture:
        """Have a child decode the picture."""
        array = self._array()
        try:
            outcome(self._lane.children.media(child.decode_to, upload.path, array))
            return Picture(np.load(array))
        finally:
            array.unlink(missing_ok=True)

    def has(self, key: AbilityKey[Any]) -> bool:
        """Whether a model of this ability was pinned at admission."""
        return key.name in self._models

    def ability(self, key: AbilityKey[Any]) -> Any:
        """The engine, from the pool."""
        model = self._models.get(key.name)
        if model is None:
            raise ModelNotInstalled(f"No model for {key.title} is installed.")
        return self._lane.memory.pool.get(model, key, loading=self._loading)

    def character(self, character_id: str) -> Character:
        """The character, with its weights in place."""
        return characters.find(self._lane.box, character_id)

    def _loading(self, _model: Model) -> None:
        self.progress.phase("loading_model")

    def publish(
        self,
        picture: Picture,
        *,
        name: str,
        format: PictureFormat = PNG,
    ) -> Published:
        """Hand the pixels to a child to encode: the job's end waits for it, not this thread."""
        array = self._array()
        np.save(array, picture.pixels)
        work = self._lane.children.media(child.encode_from, self._naming, array, name, format)
        index, self._published = self._published, self._published + 1
        return Published(index, name, lambda: outcome(work))

    def scratch(self, name: str) -> Path:
        """No files are written beside the GPU."""
        raise ProcessingFailed("A heavy operation publishes pictures, not files of its own.")

    def publish_file(self, path: Path, *, name: str, mime: str) -> Published:
        """No files are written beside the GPU."""
        raise ProcessingFailed("A heavy operation publishes pictures, not files of its own.")

    def items(self) -> tuple[Item, ...]:
        """No heavy operation gathers anything."""
        return ()

    def call(self, operation: Operation[Any], params: Any) -> Output:
        """Run another operation inside this job."""
        return operation.run(self, params)
