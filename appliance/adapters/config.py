"""Settings: typed, read once from three places, unknown names refused with file and line.

`config.toml` beside the code holds every default, `data/config.toml` what differs on this box, and
`APPLIANCE_SECTION__KEY` in the environment wins over both.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

CHECKOUT = Path(__file__).resolve().parents[2]


class SettingsError(Exception):
    """A setting cannot be used; the message names the file, the line and what to write."""


@dataclass(frozen=True)
class Server:
    """The web process."""

    host: str
    port: int
    lan: bool
    public_url: str
    threads: int
    max_waits: int
    cors_origins: tuple[str, ...]


@dataclass(frozen=True)
class Ui:
    """How the box speaks."""

    language: str


@dataclass(frozen=True)
class Worker:
    """The worker process and its media children."""

    children: int
    child_memory_mb: int
    child_nice: int
    light_timeout_s: float
    media_timeout_s: float
    max_attempts: int
    stop_grace_s: float
    model_memory_mb: int
    prefer_loaded_s: float


@dataclass(frozen=True)
class Jobs:
    """The queue as clients meet it."""

    max_pending: int
    worker_stale_s: float


@dataclass(frozen=True)
class Storage:
    """Files, their lives, and the disk."""

    outputs_days: float
    uploads_days: float
    link_hours: float
    low_water_mb: int


@dataclass(frozen=True)
class Limits:
    """How much at once, and how often."""

    inline_bytes: int
    upload_bytes: int
    small_upload_bytes: int
    picture_pixels: int


@dataclass(frozen=True)
class Rates:
    """How often a key may ask, by class of route."""

    generation: str
    product: str
    management: str
    webhooks: str
    studio_generate: str
    studio_read: str
    studio_upload: str
    studio_delete: str
    studio_write: str
    address: str
    account_factor: float
    tools_an_hour_free: int
    tools_an_hour_creator: int
    tools_an_hour_enterprise: int
    concurrent_jobs: int


@dataclass(frozen=True)
class Billing:
    """Money."""

    enabled: bool
    credit_usd: str
    starting_credits: int
    starting_test_credits: int


@dataclass(frozen=True)
class Waits:
    """A waiting family's patience."""

    wait_s: float


@dataclass(frozen=True)
class Models:
    """Weights."""

    dir: str
    allow_non_commercial: bool


@dataclass(frozen=True)
class Settings:
    """All of config.toml. The tables at the end are open: their keys are names of other things."""

    server: Server
    ui: Ui
    worker: Worker
    jobs: Jobs
    storage: Storage
    limits: Limits
    rates: Rates
    billing: Billing
    tools: Waits
    wallet: Waits
    product: Waits
    models: Models
    prices: Mapping[str, str]
    aliases: Mapping[str, str]
    defaults: Mapping[str, str]


def load_settings(home: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of the box at `home`. Raises SettingsError."""
    values: dict[str, dict[str, Any]] = {}
    for file in (CHECKOUT / "config.toml", home / "data" / "config.toml"):
        if file.exists():
            _merge(values, file)
    _merge_environment(values, environ)
    return Settings(**{name: _section(name, values) for name in _sections()})


@cache
def _sections() -> dict[str, Any]:
    return get_type_hints(Settings)


def _merge(values: dict[str, dict[str, Any]], file: Path) -> None:
    try:
        text = file.read_text("utf-8")
        found = tomllib.loads(text)
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: this is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: {error}") from None
    for section, keys in found.items():
        if section not in _sections() or not isinstance(keys, dict):
            raise SettingsError(f"{_at(file, text, section)}: there is no section [{section}]")
        for key, value in keys.items():
            where = _at(file, text, section, key)
            values.setdefault(section, {})[key] = _typed(section, key, value, where)


def _merge_environment(values: dict[str, dict[str, Any]], environ: Mapping[str, str]) -> None:
    for name, text in environ.items():
        if not name.startswith("APPLIANCE_") or "__" not in name:
            continue
        section, _, key = name.removeprefix("APPLIANCE_").lower().partition("__")
        values.setdefault(section, {})[key] = _typed(section, key, _parsed(text), name)


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


def _typed(section: str, key: str, value: Any, where: str) -> Any:
    kind = _sections().get(section)
    if kind is None:
        raise SettingsError(f"{where}: there is no section [{section}]")
    if not dataclasses.is_dataclass(kind):
        if isinstance(value, str):
            return value
        raise SettingsError(f"{where}: [{section}] {key} must be text in quotes")
    wanted = get_type_hints(kind).get(key)
    if wanted is None:
        known = ", ".join(field.name for field in dataclasses.fields(kind))
        raise SettingsError(f"{where}: [{section}] has no setting {key!r}. It has: {known}")
    return _fitting(section, key, value, wanted, where)


_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text in quotes"}


def _fitting(section: str, key: str, value: Any, wanted: Any, where: str) -> Any:
    if get_origin(wanted) is tuple:
        if isinstance(value, list) and all(isinstance(item, get_args(wanted)[0]) for item in value):
            return tuple(value)
        raise SettingsError(f"{where}: [{section}] {key} must be a list of texts")
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not wanted:
        raise SettingsError(f"{where}: [{section}] {key} must be {_WORDS[wanted]}, not {value!r}")
    return value


def _section(name: str, values: Mapping[str, Mapping[str, Any]]) -> Any:
    kind: Any = _sections()[name]
    given = values.get(name, {})
    return dict(given) if get_origin(kind) is Mapping else kind(**given)


def _at(file: Path, text: str, section: str, key: str | None = None) -> str:
    # tomllib keeps no positions; the file is small, so the line is looked for again: under the
    # section's heading first, then wherever the names stand (server.port = 1, server = {port = 1}).
    inside, near = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            inside = bare.partition("]")[0].strip("[ ")
        named = re.split(r"[=\s]", bare)[0].strip("\"'")
        if inside == section and (key is None or named == key):
            return f"{file}:{number}"
        names = set(re.findall(r"[\w.:-]+", bare)) | set(re.findall(r"[\w-]+", bare))
        if not near and not bare.startswith("#") and (key or section) in names:
            near = number
    return f"{file}:{near}" if near else str(file)
