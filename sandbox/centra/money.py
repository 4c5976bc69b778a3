"""Money of the Centra sandbox: whole sub-units of a currency, taxes, and shares that add up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from sandbox.centra.records import Refusal


@dataclass(frozen=True, slots=True)
class Currency:
    """`decimals`: how many digits of a unit its sub-units are (ISO 4217)."""

    id: int
    code: str
    decimals: int = 2


CURRENCIES = {
    code: Currency(number, code, decimals)
    for number, (code, decimals) in enumerate(
        (("SEK", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("USD", 2), ("NOK", 2), ("DKK", 2), ("GBP", 2)),
        start=1,
    )
}
SEK = CURRENCIES["SEK"]


def currency_of(code: str) -> Currency:
    if code not in CURRENCIES:
        raise Refusal(f"Could not find Currency with code {code}")
    return CURRENCIES[code]


@dataclass(frozen=True, slots=True)
class Money:
    """A `MonetaryValue`."""

    cents: int
    currency: Currency

    @property
    def text(self) -> str:
        return str(Decimal(self.cents).scaleb(-self.currency.decimals))

    @property
    def value(self) -> float:
        return float(self.text)


def sub_units(amount: Any, currency: Currency) -> int:
    """A unit amount (number or text) in sub-units; Refusal when the currency cannot express it."""
    try:
        exact = Decimal(str(amount)).scaleb(currency.decimals)
        whole = int(exact)
    except (InvalidOperation, ValueError, OverflowError):
        raise Refusal(f"{amount!r} is no amount.") from None
    if whole != exact:
        raise Refusal(f"{amount} {currency.code} has more than {currency.decimals} decimals.")
    return whole


def given_money(wanted: Mapping[str, Any] | None, currency: Currency, path: list[str]) -> int | None:
    """A `MonetaryValueInput` in sub-units; it must be in the order's currency and not negative."""
    if wanted is None:
        return None
    if wanted["currencyIsoCode"] != currency.code:
        raise Refusal(f"The currency is {currency.code}, not {wanted['currencyIsoCode']}.", path)
    cents = sub_units(wanted["value"], currency)
    if cents < 0:
        raise Refusal("An amount must not be negative.", path)
    return cents


def rounded(numerator: Decimal | int, denominator: Decimal | int) -> int:
    """Nearest whole number, halves away from zero."""
    return int((Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), ROUND_HALF_UP))


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Whole shares of `total` in proportion to `weights` that add up to it (largest remainder first)."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [total * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: -(total * weights[n] % whole))
    for n in by_remainder[: total - sum(shares)]:
        shares[n] += 1
    return shares


@dataclass(frozen=True, slots=True)
class Amounts:
    """What some units (or a fee) cost, in sub-units: `value` after line discounts, the order discount's share of it, and its taxes."""

    value: int = 0
    discount: int = 0
    added: int = 0
    deducted: int = 0
    included: int = 0

    @property
    def total(self) -> int:
        return self.value - self.discount + self.added - self.deducted

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*(a + b for a, b in zip(self.parts(), other.parts(), strict=True)))

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(*(a - b for a, b in zip(self.parts(), other.parts(), strict=True)))

    def parts(self) -> tuple[int, int, int, int, int]:
        return self.value, self.discount, self.added, self.deducted, self.included

    def share(self, units: int, of: int) -> Amounts:
        """The part of `units` out of `of`; the last units get what is left."""
        return Amounts(*(rounded(x * units, of) for x in self.parts())) if of else Amounts()


def taxed(value: int, discount: int, percent: Decimal, kind: str) -> Amounts:
    """`value` less `discount` under a tax that is `included` in prices, `added` on top, or `deducted` (an exempt buyer's included tax)."""
    base = value - discount
    if kind == "added":
        return Amounts(value, discount, added=rounded(base * percent, 100))
    inside = rounded(base * percent, 100 + percent)
    return Amounts(value, discount, deducted=inside) if kind == "deducted" else Amounts(value, discount, included=inside)
