"""How many decimals a currency has (ISO 4217): vendors give amounts in sub-units, and not all are hundredths."""

from __future__ import annotations

_NO_DECIMALS = frozenset(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"))
_THREE_DECIMALS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))


def decimals_of(currency: str) -> int:
    """Sub-units per unit as a power of ten: SEK 2, JPY 0, KWD 3. `currency`: ISO 4217 letters; an unknown one has 2."""
    code = currency.upper()
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2
