"""The keys that sign links: `data/secrets`, for the box's user only, read again when it changes.

{"current": "k2", "links": {"k1": hex, "k2": hex}, "ends": {"k1": Unix seconds}}: the current one
signs, one that was rotated out holds until it ends.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from appliance.core.signing import SigningKeys


class LinkKeys:
    """The link keys of a box. Made at the first opening; another process may rotate them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, dict[str, Any]] | None = None
        if not path.exists():
            self._make()

    def at(self, now: datetime) -> SigningKeys:
        """The keys that sign and verify now."""
        kept = self._kept()
        ends = kept.get("ends", {})
        by_kid = {
            kid: bytes.fromhex(secret)
            for kid, secret in kept["links"].items()
            if now.timestamp() < ends.get(kid, float("inf"))
        }
        return SigningKeys(current=kept["current"], by_kid=by_kid)

    def rotate(self, now: datetime, life: timedelta) -> str:
        """Sign with a fresh key from now on; its name. The one before holds for `life` more, as
        long as links signed with it may.
        """
        kept, old = self._kept(), self.at(now)
        numbers = [int(kid[1:]) for kid in kept["links"] if kid[1:].isdigit()]
        fresh = f"k{max(numbers, default=0) + 1}"
        end = int((now + life).timestamp())
        kept = {
            "current": fresh,
            "links": {kid: secret.hex() for kid, secret in old.by_kid.items()}
            | {fresh: secrets.token_hex(32)},
            "ends": {kid: min(kept.get("ends", {}).get(kid, end), end) for kid in old.by_kid},
        }
        self._half_made(kept).replace(self._path)
        return fresh

    def _kept(self) -> dict[str, Any]:
        stamp = self._path.stat().st_mtime_ns
        known = self._read
        if known is None or known[0] != stamp:
            known = self._read = (stamp, json.loads(self._path.read_text("utf-8")))
        return known[1]

    def _make(self) -> None:
        half_made = self._half_made({"links": {"k1": secrets.token_hex(32)}, "current": "k1"})
        try:
            self._path.hardlink_to(half_made)  # fails if web and worker race: the first's stays
        except FileExistsError:
            pass
        finally:
            half_made.unlink()

    def _half_made(self, kept: dict[str, Any]) -> Path:
        path = self._path.with_suffix(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        return path
