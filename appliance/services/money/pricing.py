"""The price book: what each route charges, by model where a model has its own price."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.adapters.config import SettingsError
from appliance.core.errors import InvalidInput
from appliance.core.money import Money, Quantity, Quote, Rate, rate, usd
from appliance.services.box import Box


def check_operations(box: Box) -> None:
    """Refuse a price book without an entry for every operation that may be asked for by itself.

    Raises SettingsError.
    """
    check_priced(box, (f"native.{each.name}" for each in box.catalogue if not each.gathers))


def check_priced(box: Box, entries: Iterable[str]) -> None:
    """Refuse a price book without one of these entries, at the start and not at somebody's request.

    Raises SettingsError naming what lacks a price.
    """
    missing = sorted({*entries} - box.settings.prices.keys())
    if missing:
        raise SettingsError(
            f"[prices] has nothing for {', '.join(missing)}. What is free has the price too:"
            f' "{missing[0]}" = "0".'
        )


def quote(box: Box, entry: str, model: str | None, quantity: Quantity) -> Quote:
    """What `quantity` costs at the book's `entry`, as it is kept with the job.

    Raises InvalidInput where the price goes by a length or a size that no header told: guessing
    would charge nothing. Every entry is there: `check_priced` saw to that at the start.
    """
    found = Quote(rate_of(box, entry, model), quantity)
    if found.rate.amount and not found.rate.counted(quantity):
        raise InvalidInput(
            f"This is charged by the {found.rate.per}, and the header of the file does not say how"
            " many there are. Send it in another format."
        )
    return found


def rate_of(box: Box, entry: str, model: str | None = None) -> Rate:
    """The rate at `entry`, or the model's own at `entry:model`."""
    prices = box.settings.prices
    return rate(prices.get(f"{entry}:{model}") or prices[entry])


def in_credits(box: Box, amount: Money) -> int | float:
    """The amount seen as credits."""
    return amount.credits(usd(box.settings.billing.credit_usd))


def of_credits(box: Box, credits: int | float) -> Money:
    """What so many credits are worth. Raises ValueError for less than a whole micro-USD."""
    return Money.of_credits(credits, usd(box.settings.billing.credit_usd))
