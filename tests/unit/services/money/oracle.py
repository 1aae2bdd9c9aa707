"""What the books should say: additions and subtractions on plain whole numbers, no rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.core.errors import (
    Conflict,
    IdempotencyMismatch,
    InsufficientCredits,
    InvalidInput,
)
from appliance.services.money.payments import Kind

LEAST_TOP_UP = 10_000_000
LOW = 6_000_000


@dataclass(eq=False)  # two purses with as much in them are two
class Purse:
    """A balance in micro-USD. `lows`: how often a hold took it below LOW."""

    free: int = 0
    held: int = 0
    lows: int = 0


@dataclass
class Deal:
    """A job as the books see it. `parts`: those captured before its end."""

    purse: Purse
    price: int
    captured: int = 0
    refunded: int = 0
    ended: bool = False
    parts: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Paid:
    kind: Kind
    purse: int
    amount: int
    balance: int
    deal: int | None


class Oracle:
    """Purses and deals by number; `paid` in order. Refuses as the books should."""

    def __init__(self, purses: int) -> None:
        self.purses = [Purse() for _ in range(purses)]
        self.deals: list[Deal] = []
        self.paid: list[Paid] = []
        self._keys: dict[str, int] = {}

    def pay(self, kind: Kind, purse: int, amount: int, key: str | None) -> int:
        """The number of the payment, an earlier one's if the key repeats it."""
        least = {Kind.GRANT: 1, Kind.TOP_UP: LEAST_TOP_UP, Kind.ADJUSTMENT: -(10**15)}[kind]
        if amount < least or amount == 0:
            raise InvalidInput("")
        earlier = self._earlier(key, kind, purse, amount)
        if earlier is not None:
            return earlier
        if self.purses[purse].free + amount < 0:
            raise InvalidInput("")
        return self._book(kind, purse, amount, key)

    def refund(self, deal: int, amount: int | None, key: str | None) -> int:
        """The number of the payment."""
        found = self.deals[deal]
        purse = self.purses.index(found.purse)
        earlier = self._earlier(key, Kind.REFUND, purse, amount, deal)
        if earlier is not None:
            return earlier
        left = found.captured - found.refunded
        if not found.ended or not left:
            raise Conflict("")
        given = left if amount is None else amount
        if not 0 < given <= left:
            raise InvalidInput("")
        found.refunded += given
        return self._book(Kind.REFUND, purse, given, key, deal)

    def hold(self, purse: int, price: int) -> int:
        """The number of the deal."""
        found = self.purses[purse]
        if found.free < price:
            raise InsufficientCredits("")
        found.lows += found.free - price < LOW <= found.free
        found.free -= price
        found.held += price
        self.deals.append(Deal(found, price))
        return len(self.deals) - 1

    def capture(self, deal: int, amount: int, part: str) -> bool:
        """Whether the part was taken now."""
        found = self.deals[deal]
        if part in found.parts or not amount:
            return False
        if found.ended or amount > found.price - found.captured:
            raise AssertionError
        found.parts.add(part)
        found.captured += amount
        found.purse.held -= amount
        return True

    def end(self, deal: int, total: int) -> None:
        """Settle: `total` captured in all, or what its parts came to if that is more."""
        found = self.deals[deal]
        if found.ended:
            raise AssertionError
        found.purse.held -= found.price - found.captured
        found.captured = max(found.captured, total)
        found.purse.free += found.price - found.captured
        found.ended = True

    def spent(self, purse: int) -> int:
        mine = [deal for deal in self.deals if deal.purse is self.purses[purse]]
        return sum(deal.captured - deal.refunded for deal in mine)

    def _earlier(
        self, key: str | None, kind: Kind, purse: int, amount: int | None, deal: int | None = None
    ) -> int | None:
        if key is None or key not in self._keys:
            return None
        number = self._keys[key]
        paid = self.paid[number]
        if (paid.kind, paid.purse, paid.deal) != (kind, purse, deal):
            raise IdempotencyMismatch("")
        if amount not in (None, paid.amount):
            raise IdempotencyMismatch("")
        return number

    def _book(
        self, kind: Kind, purse: int, amount: int, key: str | None, deal: int | None = None
    ) -> int:
        self.purses[purse].free += amount
        self.paid.append(Paid(kind, purse, amount, self.purses[purse].free, deal))
        if key is not None:
            self._keys[key] = len(self.paid) - 1
        return len(self.paid) - 1
