"""Money: whole micro-USD, prices and what they are per.

No float ever. This is the only module that divides money, and `Rate.of` says how it rounds.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property, lru_cache

_PER_USD = 1_000_000


@dataclass(frozen=True, order=True)
class Money:
    """An amount in whole micro-USD; may be negative (a balance's change)."""

    micros: int

    def __add__(self, other: Money) -> Money:
        """The sum."""
        return Money(self.micros + other.micros)

    def __sub__(self, other: Money) -> Money:
        """The difference."""
        return Money(self.micros - other.micros)

    def __neg__(self) -> Money:
        """The same amount the other way."""
        return Money(-self.micros)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.micros != 0

    def usd(self) -> str:
        """As the contract writes it: decimal USD without trailing zeros, "0" for none."""
        return _plain(Decimal(self.micros) / _PER_USD)

    def credits(self, credit: Money) -> int | float:
        """The same amount seen as credits of value `credit`; whole ones come as int."""
        return _number(Fraction(self.micros, credit.micros))

    @classmethod
    def of_credits(cls, credits: int | float, credit: Money) -> Money:
        """So many credits of value `credit`. Raises ValueError on a part of a micro-USD."""
        worth = Decimal(str(credits)) * credit.micros
        if worth != worth.to_integral_value():
            raise ValueError(f"{credits} credits are not a whole number of micro-USD")
        return cls(int(worth))


ZERO = Money(0)


@lru_cache(maxsize=1024)
def usd(text: str) -> Money:
    """Read decimal USD ("0.002"). Raises ValueError on anything finer than a micro-USD."""
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", text):
        raise ValueError(f"{text!r} is not an amount in USD with at most six decimals")
    return Money(int(Decimal(text) * _PER_USD))


def _plain(amount: Decimal) -> str:
    return format(amount.normalize() + 0, "f")


def _number(amount: Fraction) -> int | float:
    """For JSON: whole ones as int, others to six decimals."""
    return int(amount) if amount.denominator == 1 else round(float(amount), 6)


class Per(StrEnum):
    """What a rate is counted in."""

    JOB = "job"
    PICTURE = "picture"
    SECOND = "second"
    MINUTE = "minute"
    MEGAPIXEL = "megapixel"


@dataclass(frozen=True)
class Quantity:
    """How much a job asks for, known at admission. Unknown measures are 0."""

    pictures: int = 1
    seconds: Decimal = Decimal(0)
    megapixels: Decimal = Decimal(0)


@dataclass(frozen=True)
class Rate:
    """A price: `amount` for every `per`."""

    amount: Money
    per: Per = Per.JOB

    def counted(self, quantity: Quantity) -> Fraction:
        """How many of what it is counted in, exactly."""
        match self.per:
            case Per.JOB:
                return Fraction(1)
            case Per.PICTURE:
                return Fraction(quantity.pictures)
            case Per.SECOND:
                return Fraction(quantity.seconds)
            case Per.MINUTE:
                return Fraction(quantity.seconds) / 60
            case Per.MEGAPIXEL:
                return Fraction(quantity.megapixels)

    def of(self, quantity: Quantity) -> Money:
        """The price of `quantity`, rounded up to a whole micro-USD, once per job."""
        return Money(math.ceil(self.amount.micros * self.counted(quantity)))


@lru_cache(maxsize=1024)
def rate(text: str) -> Rate:
    """Read a rate as config writes it: "0.10" (a job) or "0.005/minute". Raises ValueError."""
    amount, slash, per = text.partition("/")
    price = usd(amount.strip())
    if price < ZERO:
        raise ValueError(f"{text!r} is below nothing")
    if slash and per.strip() not in list(Per):
        raise ValueError(f"{text!r}: what stands after the slash must be one of {', '.join(Per)}")
    return Rate(price, Per(per.strip()) if slash else Per.JOB)


@dataclass(frozen=True)
class Quote:
    """A price as it was agreed: the rate then, and how much was asked for."""

    rate: Rate
    quantity: Quantity

    @cached_property
    def price(self) -> Money:
        """What it comes to."""
        return self.rate.of(self.quantity)

    @property
    def counted(self) -> int | float:
        """How many of what the rate is counted in, to six decimals."""
        return _number(self.rate.counted(self.quantity))

    def record(self) -> dict[str, str | int | float]:
        """As a job keeps and shows it: `usd` for each `per`, times `quantity`."""
        return {
            "usd": self.rate.amount.usd(),
            "per": self.rate.per.value,
            "quantity": self.counted,
        }
