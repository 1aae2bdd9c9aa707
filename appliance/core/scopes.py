"""What a key may do."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One door a key opens; the contract's table says which routes stand behind it."""

    GENERATION = "generation"
    VOICE = "voice"
    TOOLS_RUN = "tools:run"
    MGMT = "mgmt"
    WEBHOOKS = "webhooks"
    INTEGRATIONS = "integrations"
    ADMIN = "admin"


DEFAULT_SCOPES = frozenset(Scope) - {Scope.ADMIN}
