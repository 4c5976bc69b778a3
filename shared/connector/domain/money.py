"""Money without rounding: whole sub-units and cents, shares that add up, and the two decimals Sitoo knows.

Sitoo's money is a text with two decimals, whatever the currency (sitoo-api §1.4); Centra's is sub-units of the currency (centra-api §3.5).
"""

from __future__ import annotations

from collections.abc import Sequence


class UnsupportedAmount(ValueError):
    """An amount that two decimals cannot express. `amount`: sub-units of a currency with `decimals`."""

    def __init__(self, amount: int, decimals: int) -> None:
        super().__init__(f"{in_units(amount, decimals)} has no whole number of cents")
        self.amount, self.decimals = amount, decimals


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole shares of `amount` in proportion to `weights` (≥ 0) that sum to it: largest remainder, the earlier of equal ones first.

    Weights that are all 0 count as equal. A negative amount is split as its opposite. Raises ValueError on a negative weight, and when there
    is something to split and nobody to get it.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight is negative")
    if not weights:
        if amount:
            raise ValueError("nobody to split among")
        return []
    if amount < 0:
        return [-share for share in split(-amount, weights)]
    shown = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(shown)
    shares = [amount * weight // whole for weight in shown]
    largest_first = sorted(range(len(shown)), key=lambda n: -(amount * shown[n] % whole))
    for n in largest_first[: amount - sum(shares)]:
        shares[n] += 1
    return shares


def cents(amount: int, decimals: int) -> int:
    """Sub-units of a currency with `decimals` (0, 2, 3, …) as hundredths of a unit. Raises UnsupportedAmount."""
    if decimals <= 2:
        return int(amount * 10 ** (2 - decimals))
    whole, rest = divmod(amount, 10 ** (decimals - 2))
    if rest:
        raise UnsupportedAmount(amount, decimals)
    return int(whole)


def sitoo_money(amount_cents: int) -> str:
    """Hundredths as Sitoo writes money: 12350 → "123.50", -5 → "-0.05"."""
    sign, (whole, rest) = "-" if amount_cents < 0 else "", divmod(abs(amount_cents), 100)
    return f"{sign}{whole}.{rest:02d}"


def in_units(amount: int, decimals: int) -> str:
    """Sub-units as people write them: 12345 with 3 decimals → "12.345", 500 with 0 → "500"."""
    sign, digits = "-" if amount < 0 else "", str(abs(amount)).zfill(decimals + 1)
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)
