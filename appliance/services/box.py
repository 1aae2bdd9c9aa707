"""One box, composed: what every use case is handed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.adapters.config import Settings, load_settings
from appliance.adapters.database import Database
from appliance.adapters.home import Home, home_of, root_of
from appliance.adapters.live import LiveBoard
from appliance.adapters.manifests import Shelf
from appliance.adapters.queue import Lanes
from appliance.core.clock import SYSTEM_CLOCK, Clock
from appliance.core.operation import Catalogue
from appliance.core.signing import SigningKeys


@dataclass(frozen=True)
class Box:
    """Settings, time, rows, files, queues, models and operations of one appliance."""

    settings: Settings
    clock: Clock
    home: Home
    db: Database
    live: LiveBoard
    lanes: Lanes
    shelf: Shelf
    catalogue: Catalogue
    link_keys: SigningKeys


def open_box(
    environ: Mapping[str, str], catalogue: Catalogue, *, clock: Clock = SYSTEM_CLOCK
) -> Box:
    """Open the box that `environ` points to, bringing folders, secrets and rows up to date.

    Raises SettingsError for settings that cannot be used.
    """
    root = root_of(environ)
    settings = load_settings(root, environ)
    home = home_of(root, settings)
    home.prepare()
    db = Database(home.database)
    db.migrate()
    return Box(
        settings=settings,
        clock=clock,
        home=home,
        db=db,
        live=LiveBoard(home.live),
        lanes=Lanes(home.queue, home.run),
        shelf=Shelf(home.models),
        catalogue=catalogue,
        link_keys=_link_keys(home.secrets),
    )


def _link_keys(path: Path) -> SigningKeys:
    if not path.exists():
        fresh = {"links": {"k1": secrets.token_hex(32)}, "current": "k1"}
        half_made = path.with_suffix(f".{secrets.token_hex(4)}")
        half_made.touch(mode=0o600)
        half_made.write_text(json.dumps(fresh), "utf-8")
        try:
            path.hardlink_to(half_made)  # fails if web and worker race: the first one's stays
        except FileExistsError:
            pass
        finally:
            half_made.unlink()
    kept = json.loads(path.read_text("utf-8"))
    by_kid = {kid: bytes.fromhex(secret) for kid, secret in kept["links"].items()}
    return SigningKeys(current=kept["current"], by_kid=by_kid)
