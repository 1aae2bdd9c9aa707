"""One line of the doctor's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One finding. `do`: what to type where it is not ok. `needed`: without it the appliance does
    not work.
    """

    name: str
    ok: bool
    says: str
    do: str = ""
    needed: bool = True

    @property
    def mark(self) -> str:
        """How it stands, in two letters: fine, a pity, or broken."""
        if self.ok:
            return "ok"
        return "!!" if self.needed else "–"

    @property
    def line(self) -> str:
        """What it says, and what to type if anything."""
        return f"{self.says}: {self.do}" if self.do and not self.ok else self.says
