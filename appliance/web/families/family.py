"""A family: its envelope, its rows, its patience. What is done with them is in `submitting`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from appliance.adapters.config import Settings
from appliance.core.errors import ApplianceError
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.web.form import Derived, Form
from appliance.web.intake import Room
from appliance.web.reply import Reply
from appliance.web.showing import Shown
from appliance.web.waiting import Waiters


@dataclass(frozen=True)
class Replies:
    """The types of what an envelope writes, for the published contract."""

    accepted: type
    finished: type
    estimated: type
    refused: type


class Envelope(Protocol):
    """How a family writes. All are pure."""

    @property
    def replies(self) -> Replies:
        """What its replies look like."""
        ...

    def accepted(self, shown: Shown) -> Reply:
        """The answer to a submission whose job has not ended."""
        ...

    def finished(self, shown: Shown) -> Reply:
        """The answer to a submission whose job has ended."""
        ...

    def estimated(self, facts: Mapping[str, Any]) -> Reply:
        """The answer to a dry run."""
        ...

    def refuse(self, error: ApplianceError, refused: Refused) -> Reply:
        """The answer to a request that is refused."""
        ...


@dataclass(frozen=True)
class Refused:
    """What a refusal says besides its error."""

    request_id: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Submission:
    """One row of a family: a path that makes a job.

    `form` is derived from an operation or irregular; `type` is what the family calls such a job;
    `price` its entry in the price book. `at_once`: never wait, whatever the family does. `tool`:
    its slug, where keys may be limited to tools. `public`: whether it may be asked without a key.
    """

    path: str
    form: Derived | Form
    type: str
    price: str
    scope: Scope
    summary: str
    at_once: bool = False
    tool: str | None = None
    public: Callable[[Settings], bool] | None = None


def _no_wait(_settings: Settings) -> float:
    return 0.0


@dataclass(frozen=True)
class Family:
    """A set of foreign routes. `wait_s`: how long a submission waits for its job by itself; 0 for
    families that answer 202. `polled`: fields it adds where one of its jobs is polled under
    another family's path.
    """

    name: str
    title: str
    envelope: Envelope
    submissions: tuple[Submission, ...]
    room: Callable[[Settings], Room]
    wait_s: Callable[[Settings], float] = _no_wait
    polled: Callable[[Shown], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Desk:
    """What a family's views work with. `counters`: where each submission path is received."""

    box: Box
    waiters: Waiters
    families: Mapping[str, Family]
    counters: dict[str, Any] = field(default_factory=dict)
