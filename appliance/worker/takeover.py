"""What workers that are gone have left: jobs that nobody runs any more, and files half made."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.adapters.durable import put_away
from appliance.adapters.worker_lock import vacant
from appliance.core.workers import Station
from appliance.services.box import Box
from appliance.services.jobs import claiming


@dataclass(frozen=True)
class Takeover:
    """Each worker takes up what an earlier one of its GPU left; the first, what any did that does
    not live. `boot`: this run of this worker.
    """

    box: Box
    station: Station
    boot: str

    def begin(self) -> int:
        """At this worker's start: how many jobs were taken up."""
        taken = self._take_up(self.station.gpu)
        if self.station.first:
            taken += self.look()
            self.box.live.clear(but=claiming.at_work(self.box))
        return taken

    def look(self) -> int:
        """What others left that do not live: a worker that stays away, a GPU that settings name no
        more. How many jobs were taken up.
        """
        taken = 0
        for gpu in self._others():
            with vacant(self.box.home.worker_lock(gpu)) as gone:
                taken += self._take_up(gpu) if gone else 0
        # Runs that do not say their GPU are of before there were several.
        return taken + claiming.recover(self.box, self.boot, None)

    def _others(self) -> set[int]:
        """GPUs whose workers have jobs in hand, or files half made."""
        folders = self.box.home.tmp / "jobs"
        found = {gpu for gpu in claiming.at_work(self.box).values() if gpu is not None}
        found |= {int(each.name) for each in folders.glob("*") if each.name.isdecimal()}
        return found - {self.station.gpu}

    def _take_up(self, gpu: int) -> int:
        put_away(self.box.home.working(gpu))
        return claiming.recover(self.box, self.boot, gpu)
