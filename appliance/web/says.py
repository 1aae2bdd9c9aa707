"""What a route says of itself in the published contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.core.errors import ApplianceError
from appliance.web.form import Form

Kinds = tuple[type[ApplianceError], ...]


@dataclass(frozen=True)
class Says:
    """What a route says of itself.

    `gives`: its replies by status: a type, a media type, several of either, None for no body.
    `takes`: the type of its body, or a submission's form. `asks`: a class of the values in its path
    and query. `refuses`: errors beyond those that follow from the rest. `keyless`: needs no key.
    `once`: under an Idempotency-Key it is carried out once.
    """

    gives: Mapping[int, Any]
    takes: Any = None
    asks: type | None = None
    refuses: Kinds = ()
    keyless: bool = False
    once: bool = False

    @property
    def submits(self) -> bool:
        """Whether it makes a job."""
        return isinstance(self.takes, Form)

    def __deepcopy__(self, _memo: Any) -> Says:
        # flask-smorest copies documentation; a copy of a field's REQUIRED would be a default.
        return self
