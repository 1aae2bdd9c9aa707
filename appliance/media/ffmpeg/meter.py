"""How far an encoding is, and whether it keeps to the length it was priced by."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.core.errors import BrokenMedia
from appliance.core.progress import Progress

_LONGER, _LONGER_S = 1.05, 2.0
_SHORTER_S = 1.0


@dataclass
class Meter:
    """Told of each step; `seconds`: what should come of it. `least`: the share that must come."""

    seconds: float
    progress: Progress
    least: float = 0.5
    done: float = field(default=0.0, init=False)

    def __call__(self, done: float) -> None:
        """So many seconds are written. Raises BrokenMedia beyond what was announced, and what the
        progress raises.
        """
        self.done = max(self.done, done)
        if done > self.seconds * _LONGER + _LONGER_S:
            raise BrokenMedia(
                f"The file goes on after the {self.seconds:.1f} s that its header tells of."
            )
        self.progress(done / self.seconds if self.seconds else 0.0)

    def check(self) -> None:
        """Report the end. Raises BrokenMedia if the file ended long before it should have."""
        if self.done < self.seconds * self.least - _SHORTER_S:
            raise BrokenMedia(
                f"The file ends after {self.done:.1f} of the {self.seconds:.1f} s that its header"
                " tells of: it is cut off or damaged."
            )
        self.progress(1.0)
