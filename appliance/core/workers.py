"""The workers of a box: one process for each GPU. The first does all that needs no GPU, too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Station:
    """Where one worker works. `gpu`: as `worker.gpus` counts. Those that are not `first` run heavy
    jobs only.
    """

    gpu: int = 0
    first: bool = True

    @property
    def name(self) -> str:
        """What its process is called: "worker", "worker-1"."""
        return "worker" if self.first else f"worker-{self.gpu}"

    @property
    def bell(self) -> str:
        """The socket it listens to, in the run folder."""
        return f"{self.name}.sock"

    @property
    def lane(self) -> str:
        """Its own queue of nudges for heavy jobs."""
        return "heavy" if self.first else f"heavy-{self.gpu}"

    def boot(self, run: str) -> str:
        """The name of one run of its process, which says whose jobs are whose."""
        return f"{self.gpu}-{run}"


ONLY = Station()  # of a box with one GPU


def stations(gpus: Iterable[int]) -> tuple[Station, ...]:
    """A station a GPU, the first one first."""
    return tuple(Station(gpu, first=number == 0) for number, gpu in enumerate(gpus))


def gpu_of(boot: str | None) -> int | None:
    """The GPU of a run; None if its name does not say, as before there were several."""
    number, dash, _run = (boot or "").partition("-")
    return int(number) if dash and number.isdecimal() else None


def visible(gpu: int, shown: str | None) -> str:
    """What CUDA_VISIBLE_DEVICES must say for a worker of this GPU. `shown`: what it says already;
    then GPUs are counted among those, and where there are too few it stays as it is.
    """
    if shown is None:
        return str(gpu)
    cards = [card.strip() for card in shown.split(",")]
    return cards[gpu] if gpu < len(cards) else shown
