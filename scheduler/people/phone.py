"""What a person typed as a phone number, read as one E.164 number, or the reason it is none. Pure.

The reading follows the region's habits ("(202) 555-0123" in the US). Whether the number is in service or takes
texts is not known here. Invariant: whatever is accepted is a possible, assigned range of the world's numbering
plans, so that a typing mistake is caught before a text goes to a stranger.
"""

from dataclasses import dataclass
from typing import NewType

import phonenumbers

E164 = NewType("E164", str)


@dataclass(frozen=True, slots=True)
class NotAPhone:
    """Why the text is no number to text: empty | not_a_number | has_extension | not_assigned."""

    reason: str


def parse_phone(text: str, region: str) -> E164 | NotAPhone:
    """The number in E.164, or why not. `region` (two letters) decides for numbers without a country code.

    Numbers with an extension are refused rather than shortened: the switchboard is not the client.
    """
    if not text.strip():
        return NotAPhone("empty")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return NotAPhone("not_a_number")
    if number.extension:
        return NotAPhone("has_extension")
    if not phonenumbers.is_valid_number(number):
        return NotAPhone("not_assigned")
    return E164(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def spoken_forms(number: str) -> frozenset[str]:
    """The digit runs by which staff look for an E.164 number: all of it, without the country code, the endings."""
    digits = number.lstrip("+")
    parsed = phonenumbers.parse(number)
    national = phonenumbers.national_significant_number(parsed)
    return frozenset({digits, national, national[-7:], national[-4:]})


def known_region(region: str) -> bool:
    """Whether numbers without a country code can be read for this region."""
    return region in phonenumbers.SUPPORTED_REGIONS
