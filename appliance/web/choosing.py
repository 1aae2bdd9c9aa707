"""A route that takes any of several operations: `operation` names one, and the rest is its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from appliance.core.errors import InvalidInput
from appliance.core.params import Choice, Field
from appliance.web.form import Asked, Form

OPERATION = "operation"


@dataclass(frozen=True)
class Offer:
    """One of the operations: its form, what a job of it is called, its entry in the price book."""

    form: Form
    type: str
    price: str


@dataclass(frozen=True)
class Choosing(Form):
    """The forms of all, as one. `usual`: the name of the one that is meant where none is named."""

    offers: Mapping[str, Offer] = field(kw_only=True)
    usual: str = field(kw_only=True)

    @override
    def read(self, values: Mapping[str, Any], *, lenient: bool) -> Asked:
        """Check the values as the one that is named does. Raises InvalidInput."""
        rest = dict(values)
        name = rest.pop(OPERATION, None) or self.usual
        offer = self.offers.get(name) if isinstance(name, str) else None
        if offer is None:
            known = ", ".join(self.offers)
            raise InvalidInput(f"{OPERATION} must be one of {known}.", field=OPERATION)
        asked = offer.form.read(rest, lenient=lenient)
        return replace(asked, type=offer.type, price=offer.price)


def choosing(offers: Mapping[str, Offer], usual: str) -> Choosing:
    """A form of several. Its fields are those of all: needed is what all of them need."""
    chosen = Field(
        name=OPERATION,
        type=str,
        help="What to make; the other fields are those of its own route",
        default=usual,
        choice=Choice(tuple(offers)),
    )
    fields = (chosen, *_together([offer.form.fields for offer in offers.values()]))
    return Choosing(fields, _never, offers=offers, usual=usual)


def _together(forms: Sequence[tuple[Field, ...]]) -> list[Field]:
    found: dict[str, list[Field]] = {}
    for form in forms:
        for each in form:
            found.setdefault(each.name, []).append(each)
    return [_one(ways, everywhere=len(ways) == len(forms)) for ways in found.values()]


def _one(ways: list[Field], *, everywhere: bool) -> Field:
    """A field that is differently limited, or another, to some of the operations."""
    if not (everywhere and all(each.required for each in ways)):
        ways = [replace(each, default=None) if each.required else each for each in ways]
    bare = [replace(each, default=None, help="") for each in ways]
    others = [each for n, each in enumerate(ways) if bare[n] not in bare[:n]]
    return replace(others[0], also=tuple(others[1:]))


def _never(_values: dict[str, Any]) -> Asked:
    raise AssertionError("it is read by the operation that is named")
