"""Fixtures of every test: a box in a folder of its own, a clock that stands still, four people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from appliance.core.jobs import Actor
from appliance.services.box import Box
from tests.support.box import alive, opened_box
from tests.support.clock import FrozenClock
from tests.support.personas import Cast, Persona, move_in

# Machines differ in speed, and a test must not fail for that; the same examples at every run.
settings.register_profile(
    "appliance",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("appliance")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take minutes first, so that neither process is left with one at the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("worker", "contract"))


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def box(tmp_path: Path, clock: FrozenClock) -> Iterator[Box]:
    """A fresh box whose worker is alive."""
    with opened_box(tmp_path / "box", clock=clock) as fresh:
        alive(fresh)
        yield fresh


@pytest.fixture
def cast(box: Box) -> Cast:
    return move_in(box)


@pytest.fixture
def ada(cast: Cast) -> Persona:
    return cast.ada


@pytest.fixture
def ben(cast: Cast) -> Persona:
    return cast.ben


@pytest.fixture
def cyd(cast: Cast) -> Persona:
    return cast.cyd


@pytest.fixture
def root(cast: Cast) -> Actor:
    return cast.root
