"""How fast a number's carrier takes texts, as its shape tells: the rule for numbers nobody has said more about. Pure.

Source: the carrier's default throughput (rules.md A1), counted in segments a second: a local number 1, a toll-free
number of North America 3, a short code 100. Invariant: the answer is one of RATES.
"""

from typing import Final

LOCAL, TOLL_FREE, SHORT_CODE = 1, 3, 100
RATES: Final = (LOCAL, TOLL_FREE, SHORT_CODE)
_TOLL_FREE: Final = tuple(f"+1{area}" for area in (800, 833, 844, 855, 866, 877, 888))
_LONGEST_SHORT_CODE: Final = 6
_NORTH_AMERICAN: Final = 12  # +1 and ten digits


def rate_of(number: str) -> int:
    """Segments a second for a number in E.164, or a short code in digits."""
    if len(number) == _NORTH_AMERICAN and number.startswith(_TOLL_FREE):
        return TOLL_FREE
    return SHORT_CODE if len(number) <= _LONGEST_SHORT_CODE else LOCAL
