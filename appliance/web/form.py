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
    url to be told when it has ended.
    """

    operation: str
    params: Mapping[str, Any]
    model: str | None = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    webhook: str | None = None


Shape = Callable[[dict[str, Any]], Asked]


@dataclass(frozen=True)
class Group:
    """Fields of an operation that lie in one object on the wire; in a form it is JSON as text."""

    name: str
    help: str
    of: tuple[str, ...]

    def gather(self, fields: tuple[Field, ...]) -> tuple[Field, ...]:
        """The fields, those of the group in an object at the end."""
        inner = tuple(field for field in fields if field.name in self.of)
        whole = Field(self.name, dict, self.help, default=None, optional=True, inner=inner)
        return (*(field for field in fields if field.name not in self.of), whole)

    def read(
        self, fields: tuple[Field, ...], values: Mapping[str, Any], *, lenient: bool
    ) -> dict[str, Any]:
        """Check values of gathered fields; side by side again. Raises InvalidInput."""
        rest = {name: value for name, value in values.items() if name != self.name}
        given = self._object(values.get(self.name), lenient=lenient)
        told = read([field for field in fields if not field.inner], rest, lenient=lenient)
        try:
            return told | read(fields[-1].inner, given, lenient=lenient)
        except InvalidInput as error:
            error.field = f"{self.name}.{error.field}"
            raise

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
    group: Group | None = None

    def read(self, values: Mapping[str, Any], *, lenient: bool) -> Asked:
        """Check the values. Raises InvalidInput naming the field as the caller wrote it."""
        if self.group is None:
            return self.shape(read(self.fields, values, lenient=lenient))
        return self.shape(self.group.read(self.fields, values, lenient=lenient))


def irregular(wire: type, shape: Shape) -> Form:
    """A form declared by a class of its own, with a pure function over its values."""
    return Form(fields_of(wire), shape)


@dataclass(frozen=True)
class Derived:
    """A form made from an operation's fields. `rename`: wire name → the operation's; `change`:
    what differs, by the operation's name (`{"steps": {"default": 4}}`); `leave_out`: not offered;
    `repeat`: operation fields that replies give back; `group`: those that lie in one object.
    """

    operation: str
    rename: Mapping[str, str] = dataclasses.field(default_factory=dict)
    change: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    group: Group | None = None

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
        gathered = self.group.gather(fields) if self.group else fields
        return Form(gathered, self._shape, self.group)

    def _shape(self, values: dict[str, Any]) -> Asked:
        params = {self.rename.get(name, name): value for name, value in values.items()}
        model = params.get("model")
        return Asked(self.operation, params, model=model)
