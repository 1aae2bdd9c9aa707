"""The price book: what each route charges, by model where a model has its own price."""

from __future__ import annotations

from appliance.core.money import Money, Quantity, Rate, rate, usd
from appliance.services.box import Box


def price_of(box: Box, entry: str, model: str | None, quantity: Quantity) -> Money:
    """The price of `quantity` at the book's `entry`, rounded up once. Raises KeyError for an entry
    that config.toml does not have: a route without a price is a bug.
    """
    return rate_of(box, entry, model).of(quantity)


def rate_of(box: Box, entry: str, model: str | None = None) -> Rate:
    """The rate at `entry`, or the model's own at `entry:model`."""
    prices = box.settings.prices
    return rate(prices.get(f"{entry}:{model}") or prices[entry])


def in_credits(box: Box, amount: Money) -> int | float:
    """The amount seen as credits."""
    return amount.credits(usd(box.settings.billing.credit_usd))
