"""Amounts of money as people type them. Pure. Showing them is bot/web/dates.py's `money`.

Invariant: what is read is exact; an amount finer than the currency's smallest coin is refused, not rounded.
"""

from decimal import Decimal, InvalidOperation
from typing import Final

from babel.numbers import get_currency_precision

LONGEST: Final = 16


def read_amount(text: str, currency: str) -> int | None:
    """Minor units of an amount such as `75`, `75.50` or `$1,275.50`; None when it is none, or negative."""
    bare = "".join(letter for letter in text.strip() if letter not in "$€£ \u00a0")
    if not bare or len(bare) > LONGEST:
        return None
    if bare.count(",") == 1 and "." not in bare and len(bare.partition(",")[2]) != 3:  # noqa: PLR2004 -- 12,50 is not 1,250
        bare = bare.replace(",", ".")
    try:
        minor = Decimal(bare.replace(",", "")).scaleb(get_currency_precision(currency))
    except InvalidOperation:
        return None
    if not minor.is_finite() or minor < 0 or minor != minor.to_integral_value():
        return None
    return int(minor)


def typed_amount(minor: int, currency: str) -> str:
    """An amount as a field shows it, such as `75.50`."""
    places = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-places):.{places}f}"
