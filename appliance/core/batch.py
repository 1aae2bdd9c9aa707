"""A batch as values: one request of many files, a job for each, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.core.files import Made
from appliance.core.ids import JobId
from appliance.core.jobs import JobError, State
from appliance.core.money import ZERO, Money


@dataclass(frozen=True)
class Item:
    """A file of a batch, as it stands. `place`: from 0, as it was sent. `name`: the sender's word.

    `job`: None where the file was refused before it became one; then there is no `state` and
    `error` says why. `files`: what its job made, as far as it is kept; `path` is absolute.
    """

    place: int
    name: str
    job: JobId | None = None
    state: State | None = None
    charged: Money = ZERO
    error: JobError | None = None
    files: tuple[Made, ...] = ()

    @property
    def status(self) -> str:
        """The state of its job, or `refused`."""
        return self.state.value if self.state else "refused"
