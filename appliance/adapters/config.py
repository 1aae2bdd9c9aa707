"""Settings: typed, read once from three places, unknown names refused with file and line.

`config.toml` beside the code holds every default, `data/config.toml` what differs on this box, and
`APPLIANCE_SECTION__KEY` in the environment wins over both.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from appliance.adapters.sections import (
    Batch,
    Billing,
    Hot,
    Jobs,
    Limits,
    Models,
    Outbound,
    Product,
    Rates,
    Server,
    Storage,
    Ui,
    Waits,
    Webhooks,
    Worker,
)
from appliance.adapters.setting_lines import at_line
from appliance.adapters.setting_values import check, fitting
from appliance.core.errors import InvalidInput
from appliance.core.plan import Plan, read_plan

CHECKOUT = Path(__file__).resolve().parents[2]


class SettingsError(Exception):
    """A setting cannot be used; the message names the file, the line and what to write."""


@dataclass(frozen=True)
class Settings:
    """All of config.toml. The tables at the end are open: their keys are names of other things."""

    server: Server
    ui: Ui
    worker: Worker
    jobs: Jobs
    storage: Storage
    hot: Hot
    limits: Limits
    batch: Batch
    rates: Rates
    plans: Mapping[str, Plan]
    billing: Billing
    tools: Waits
    wallet: Waits
    product: Product
    outbound: Outbound
    webhooks: Webhooks
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
            raise SettingsError(f"{at_line(file, text, section)}: there is no section [{section}]")
        for key, value in keys.items():
            _lay(values, section, key, value, at_line(file, text, section, key))


def _merge_environment(values: dict[str, dict[str, Any]], environ: Mapping[str, str]) -> None:
    for name, text in environ.items():
        if not name.startswith("APPLIANCE_") or "__" not in name:
            continue
        section, _, key = name.removeprefix("APPLIANCE_").lower().partition("__")
        _lay(values, section, key, _parsed(text), name)


def _lay(values: dict[str, dict[str, Any]], section: str, key: str, value: Any, where: str) -> None:
    """Lay one setting over what was found before."""
    kept = values.setdefault(section, {})
    if section != "plans":
        kept[key] = _typed(section, key, value, where)
        return
    plan, *path = key.split("__")  # the environment says plans__free__limits__tools_an_hour
    for part in reversed(path):
        value = {part: value}
    try:
        kept[plan] = read_plan(kept.get(plan, Plan()), value)
    except InvalidInput as error:
        raise SettingsError(f"{where}: [plans.{plan}] {error}") from None


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
        return _checked(section, key, value, str, where)
    wanted = get_type_hints(kind).get(key)
    if wanted is None:
        known = ", ".join(field.name for field in dataclasses.fields(kind))
        raise SettingsError(f"{where}: [{section}] has no setting {key!r}. It has: {known}")
    return _checked(section, key, value, wanted, where)


def _checked(section: str, key: str, value: Any, wanted: Any, where: str) -> Any:
    # Said at the start, with the line: found at a request it would be a bug of ours.
    try:
        found = fitting(value, wanted)
        check(section, key, found)
    except ValueError as error:
        raise SettingsError(f"{where}: [{section}] {key} {error}") from None
    return found


def _section(name: str, values: Mapping[str, Mapping[str, Any]]) -> Any:
    kind: Any = _sections()[name]
    given = values.get(name, {})
    return dict(given) if get_origin(kind) is Mapping else kind(**given)
