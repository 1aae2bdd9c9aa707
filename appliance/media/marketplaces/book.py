"""The rules of each marketplace as values, from one dated file. Pure Python."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

MARKETPLACES = ("amazon", "ebay", "shopify", "walmart", "etsy", "google", "tiktok", "meta")
SEVERITIES = ("error", "warn")
_FILE = Path(__file__).with_name("rules.json")
_CONDITIONS = ("at_least", "at_most", "one_of", "is")

Measured = float | int | str | bool | None  # None: it could not be measured


class BadRules(ValueError):
    """The file of rules says something that cannot be meant; the text says where."""


@dataclass(frozen=True)
class Measure:
    """Something that is measured. `says`: what it is; `fixes`: what to do about it, by how it is
    broken (low, high, other); `certain`: false for what is guessed from how the pixels lie.
    """

    says: str
    unit: str
    fixes: Mapping[str, str]
    certain: bool = True


@dataclass(frozen=True)
class Rule:
    """One condition on one measure. Of the conditions exactly one is there. `source`: who says so,
    in words or as an address.
    """

    rule: str
    measure: str
    severity: str
    source: str
    unit: str = ""
    fix: str = ""
    certain: bool = True
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()
    is_: bool | None = None

    @property
    def required(self) -> str:
        """The condition in words."""
        unit = f" {self.unit}" if self.unit else ""
        if self.at_least is not None:
            return f"at least {self.at_least:.9g}{unit}"
        if self.at_most is not None:
            return f"at most {self.at_most:.9g}{unit}"
        if self.one_of:
            return f"one of {', '.join(self.one_of)}" if self.one_of[1:] else self.one_of[0]
        return "yes" if self.is_ else "no"

    def kept_by(self, value: Measured) -> bool:
        """Whether a measured value keeps it; what could not be measured keeps none."""
        if value is None:
            return False
        if self.one_of:
            return value in self.one_of
        if self.is_ is not None:
            return value is self.is_
        assert isinstance(value, (int, float))
        return self.at_least <= value if self.at_least is not None else value <= (self.at_most or 0)


@dataclass(frozen=True)
class Preset:
    """How `process` frames for a marketplace. Sides in px; `margin` 0…0.45 of the shorter side."""

    width: int
    height: int
    margin: float
    background: str
    format: str
    quality: int


USUAL = Preset(2000, 2000, 0.08, "#FFFFFF", "jpeg", 92)  # where no marketplace is named


@dataclass(frozen=True)
class Marketplace:
    """What one marketplace asks of a product's main picture, and a framing that gives it."""

    name: str
    title: str
    preset: Preset
    rules: tuple[Rule, ...]

    def limit(self, measure: str, condition: str) -> float | None:
        """The tightest bound that a rule of severity error puts on a measure; None without one.

        `condition`: at_least or at_most.
        """
        tightest = max if condition == "at_least" else min
        bounds = (
            getattr(rule, condition)
            for rule in self.rules
            if rule.measure == measure and rule.severity == "error"
        )
        return tightest((bound for bound in bounds if bound is not None), default=None)

    @property
    def most_bytes(self) -> int | None:
        """The most bytes of a file, also where that is only advised; None where nobody says."""
        bounds = (rule.at_most for rule in self.rules if rule.measure == "bytes")
        return min((int(bound) for bound in bounds if bound is not None), default=None)


@dataclass(frozen=True)
class Book:
    """All of the rules, and the day they were checked against their sources."""

    checked: date
    measures: Mapping[str, Measure]
    marketplaces: Mapping[str, Marketplace]


@cache
def book() -> Book:
    """The rules the box ships."""
    return read_book(_FILE.read_text("utf-8"))


def read_book(text: str) -> Book:
    """The rules in a JSON text, every key and value checked. Raises BadRules."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadRules(f"not JSON: {error}") from None
    top = _object(found, "the file", ("checked", "measures", "marketplaces"))
    measures = {name: _measure(each, name) for name, each in _items(top["measures"], "measures")}
    markets = dict(_items(top["marketplaces"], "marketplaces"))
    if tuple(markets) != MARKETPLACES:
        raise BadRules(f"marketplaces must be {', '.join(MARKETPLACES)}, in that order")
    made = {name: _market(name, each, measures) for name, each in markets.items()}
    unused = measures.keys() - {r.measure for market in made.values() for r in market.rules}
    if unused:
        raise BadRules(f"measures that no rule asks for: {', '.join(sorted(unused))}")
    day = _text(top["checked"], "checked")
    try:
        checked = date.fromisoformat(day)
    except ValueError:
        raise BadRules(f"checked: {day!r} is no date") from None
    return Book(checked, MappingProxyType(measures), MappingProxyType(made))


def _measure(given: Any, name: str) -> Measure:
    optional = ("low", "high", "other", "certain")
    told = _object(given, f"measures.{name}", ("says", "unit"), optional)
    fixes = {way: _text(told[way], f"measures.{name}.{way}") for way in optional[:3] if way in told}
    certain = told.get("certain", True)
    if not isinstance(certain, bool):
        raise BadRules(f"measures.{name}.certain: must be true or false")
    unit = told["unit"]
    if not isinstance(unit, str):
        raise BadRules(f"measures.{name}.unit: must be text")
    return Measure(_text(told["says"], f"measures.{name}.says"), unit, fixes, certain)


def _market(name: str, given: Any, measures: Mapping[str, Measure]) -> Marketplace:
    told = _object(given, name, ("title", "preset", "sources", "rules"))
    sources = {key: _text(each, f"{name}.sources") for key, each in _items(told["sources"], name)}
    if not isinstance(told["rules"], list) or not told["rules"]:
        raise BadRules(f"{name}.rules: must be a list of rules")
    rules = tuple(_rule(each, name, sources, measures) for each in told["rules"])
    names = [rule.rule for rule in rules]
    if len(set(names)) < len(names):
        raise BadRules(f"{name}: two rules of one name")
    return Marketplace(
        name, _text(told["title"], f"{name}.title"), _preset(told["preset"], name), rules
    )


def _preset(given: Any, name: str) -> Preset:
    where = f"{name}.preset"
    told = _object(given, where, tuple(Preset.__dataclass_fields__))
    numbers = {"width": (64, 8000), "height": (64, 8000), "margin": (0, 0.45), "quality": (1, 100)}
    for key, (low, high) in numbers.items():
        if not low <= _number(told[key], f"{where}.{key}") <= high:
            raise BadRules(f"{where}.{key}: must be between {low} and {high}")
    for key in ("background", "format"):
        _text(told[key], f"{where}.{key}")
    return Preset(**told)


def _rule(
    given: Any, name: str, sources: Mapping[str, str], measures: Mapping[str, Measure]
) -> Rule:
    told = _object(given, f"{name}.rules", ("rule", "measure", "severity", "source"), _CONDITIONS)
    where = f"{name}.{told['rule']}"
    conditions = {key: told[key] for key in _CONDITIONS if key in told}
    if len(conditions) != 1:
        raise BadRules(f"{where}: needs exactly one of {', '.join(_CONDITIONS)}")
    for key, known in (("severity", SEVERITIES), ("source", sources), ("measure", measures)):
        if told[key] not in known:
            raise BadRules(f"{where}.{key}: {told[key]!r} is none of {', '.join(known)}")
    ((condition, bound),) = conditions.items()
    measure = measures[told["measure"]]
    way = {"at_least": "low", "at_most": "high"}.get(condition, "other")
    if way not in measure.fixes:
        raise BadRules(f"{where}: measures.{told['measure']} has no {way} to say what to do")
    checked = _condition(condition, bound, where)
    fix = measure.fixes[way].format(**{condition: bound, "first": _first(bound)})
    source = sources[told["source"]]
    rule = Rule(told["rule"], told["measure"], told["severity"], source, measure.unit, fix)
    return Rule(**vars(rule) | {"certain": measure.certain} | checked)


def _condition(condition: str, bound: Any, where: str) -> dict[str, Any]:
    if condition == "one_of":
        if not isinstance(bound, list) or not bound:
            raise BadRules(f"{where}.one_of: must be a list of texts")
        return {"one_of": tuple(_text(each, f"{where}.one_of") for each in bound)}
    if condition == "is":
        if not isinstance(bound, bool):
            raise BadRules(f"{where}.is: must be true or false")
        return {"is_": bound}
    return {condition: _number(bound, f"{where}.{condition}")}


def _first(bound: Any) -> str:
    return str(bound[0]).upper() if isinstance(bound, list) and bound else ""


def _object(
    given: Any, where: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadRules(f"{where}: must be an object")
    missing = [key for key in needed if key not in given]
    unknown = [key for key in given if key not in (*needed, *optional)]
    if missing or unknown:
        what = f"lacks {', '.join(missing)}" if missing else f"has unknown {', '.join(unknown)}"
        raise BadRules(f"{where}: {what}")
    return given


def _items(given: Any, where: str) -> list[tuple[str, Any]]:
    if not isinstance(given, dict) or not given:
        raise BadRules(f"{where}: must be an object")
    return list(given.items())


def _text(given: Any, where: str) -> str:
    if not isinstance(given, str) or not given.strip():
        raise BadRules(f"{where}: must be text")
    return given


def _number(given: Any, where: str) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise BadRules(f"{where}: must be a number")
    return given
