"""The typed name of an ability: what manifests, operations and engines meet at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Offer = TypeVar("Offer")


@dataclass(frozen=True)
class AbilityKey(Generic[Offer]):
    """Names an ability; its type parameter is the Protocol that `ctx.ability(key)` returns.

    `outside`: no model offers it but something beyond the box, so that its job may reach the
    network and take as long as it takes.
    """

    name: str
    title: str
    outside: bool = False
