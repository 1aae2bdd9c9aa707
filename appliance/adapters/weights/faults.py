"""Why weights could not be had. Each message says what to do; nothing was changed on the box."""

from __future__ import annotations

from appliance.core.errors import ProcessingFailed


class InstallFailed(ProcessingFailed):
    """A model could not be installed; what was there before is untouched."""


class Unreachable(InstallFailed):
    """The other side does not answer, or broke off too often; the part that came is kept."""


class Gated(InstallFailed):
    """The hub wants its licence accepted by whoever the token belongs to."""


class WrongContent(InstallFailed):
    """What came is not what was asked for: another size or another digest."""
