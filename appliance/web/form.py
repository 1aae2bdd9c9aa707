"""What a route takes and how it becomes an operation's params: derived, or irregular by a class."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.core.operation import Catalogue
from appliance.core.params import Field, fields_of, read


@dataclass(frozen=True)
class Asked:
    """A checked request: the operation, its raw params, the model's name, fields to repeat."""

    operation: str
    params: Mapping[str, Any]
    model: str | None = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)


Shape = Callable[[dict[str, Any]], Asked]


@dataclass(frozen=True)
class Form:
    """The fields of a route's body, and the pure function that turns them into a request."""

    fields: tuple[Field, ...]
    shape: Shape

    def read(self, values: Mapping[str, Any], *, lenient: bool) -> Asked:
        """Check the values. Raises InvalidInput naming the field as the caller wrote it."""
        return self.shape(read(self.fields, values, lenient=lenient))


def irregular(wire: type, shape: Shape) -> Form:
    """A form declared by a class of its own, with a pure function over its values."""
    return Form(fields_of(wire), shape)


@dataclass(frozen=True)
class Derived:
    """A form made from an operation's fields. `rename`: wire name → the operation's; `change`:
    what differs, by the operation's name (`{"steps": {"default": 4}}`); `leave_out`: not offered;
    `repeat`: operation fields that replies give back.
    """

    operation: str
    rename: Mapping[str, str] = dataclasses.field(default_factory=dict)
    change: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    leave_out: tuple[str, ...] = ()

    def form(self, catalogue: Catalogue) -> Form:
        """The form, once the operations are known."""
        wire_names = {inner: wire for wire, inner in self.rename.items()}
        fields = tuple(
            dataclasses.replace(
                field,
                name=wire_names.get(field.name, field.name),
                **self.change.get(field.name, {}),
            )
            for field in catalogue[self.operation].fields
            if field.name not in self.leave_out
        )
        return Form(fields, self._shape)

    def _shape(self, values: dict[str, Any]) -> Asked:
        params = {self.rename.get(name, name): value for name, value in values.items()}
        model = params.get("model")
        return Asked(self.operation, params, model=model)
