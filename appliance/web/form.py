"""What a route takes and how it becomes an operation's params: derived, or irregular by a class."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.core.errors import InvalidInput
from appliance.core.operation import Catalogue
from appliance.core.params import Field, fields_of, read


@dataclass(frozen=True)
class Asked:
    """A checked request: the operation, its raw params, the model's name, fields to repeat, the
    url to be told when it has ended. `type` and `price`: where they are not those of the route.
    """

    operation: str
    params: Mapping[str, Any]
    model: str | None = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    webhook: str | None = None
    type: str | None = None
    price: str | None = None


Shape = Callable[[dict[str, Any]], Asked]


@dataclass(frozen=True)
class Group:
    """Fields of an operation that lie in one object on the wire.

    In a form it is JSON as text (`light={"azimuth": 90}`) or a field each (`light[azimuth]=90`).
    """

    name: str
    help: str
    of: tuple[str, ...]

    def gather(self, fields: tuple[Field, ...]) -> tuple[Field, ...]:
        """The fields, those of the group in an object at the end."""
        inner = tuple(field for field in fields if field.name in self.of)
        whole = Field(self.name, dict, self.help, default=None, optional=True, inner=inner)
        return (*(field for field in fields if field.name not in self.of), whole)

    def take(self, values: dict[str, Any], *, lenient: bool) -> dict[str, Any]:
        """Take the group's own values out of `values`. Raises InvalidInput."""
        given = dict(self._object(values.pop(self.name, None), lenient=lenient))
        for name in [each for each in values if lenient and self._bracketed(each)]:
            given[name[len(self.name) + 1 : -1]] = values.pop(name)
        return given

    def read(
        self, fields: tuple[Field, ...], given: Mapping[str, Any], *, lenient: bool
    ) -> dict[str, Any]:
        """Check what was taken; side by side again. Raises InvalidInput."""
        inner = next(field.inner for field in fields if field.name == self.name)
        try:
            return read(inner, given, lenient=lenient)
        except InvalidInput as error:
            error.field = f"{self.name}.{error.field}"
            raise

    def _bracketed(self, name: str) -> bool:
        """Whether a form's field is written as one of the group: `light[azimuth]`."""
        return name.startswith(f"{self.name}[") and name.endswith("]")

    def _object(self, given: Any, *, lenient: bool) -> dict[str, Any]:
        if lenient and isinstance(given, str):
            try:
                given = json.loads(given) if given else None
            except (ValueError, RecursionError):
                given = ""
        if given is not None and not isinstance(given, dict):
            said = ", in a form as JSON" if lenient else ""
            raise InvalidInput(f"{self.name} must be an object{said}.", field=self.name)
        return given or {}


@dataclass(frozen=True)
class Form:
    """The fields of a route's body, and the pure function that turns them into a request."""

    fields: tuple[Field, ...]
    shape: Shape
    groups: tuple[Group, ...] = ()

    def read(self, values: Mapping[str, Any], *, lenient: bool) -> Asked:
        """Check the values. Raises InvalidInput naming the field as the caller wrote it."""
        rest = dict(values)
        taken = [group.take(rest, lenient=lenient) for group in self.groups]
        plain = [field for field in self.fields if not field.inner]
        checked = read(plain, rest, lenient=lenient)
        for group, given in zip(self.groups, taken, strict=True):
            checked |= group.read(self.fields, given, lenient=lenient)
        return self.shape(checked)


def irregular(wire: type, shape: Shape) -> Form:
    """A form declared by a class of its own, with a pure function over its values."""
    return Form(fields_of(wire), shape)


@dataclass(frozen=True)
class Derived:
    """A form made from an operation's fields. `rename`: wire name → the operation's; `change`:
    what differs, by the operation's name (`{"steps": {"default": 4}}`); `leave_out`: not offered;
    `repeat`: operation fields that replies give back; `groups`: those that lie in an object each.
    """

    operation: str
    rename: Mapping[str, str] = dataclasses.field(default_factory=dict)
    change: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()

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
        for group in self.groups:
            fields = group.gather(fields)
        return Form(fields, self._shape, self.groups)

    def _shape(self, values: dict[str, Any]) -> Asked:
        params = {self.rename.get(name, name): value for name, value in values.items()}
        model = params.get("model")
        return Asked(self.operation, params, model=model)
