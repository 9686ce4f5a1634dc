"""Numbers and addresses as staff read them. Pure.

Invariant: what cannot be parsed is shown as it is stored.
"""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


def shown(value: str, region: str = "US") -> str:
    """A number in E.164 as people of the region write it; anything else unchanged."""
    if not value.startswith("+"):
        return value
    try:
        parsed = phonenumbers.parse(value)
    except NumberParseException:
        return value
    home = phonenumbers.country_code_for_region(region)
    shape = PhoneNumberFormat.NATIONAL if parsed.country_code == home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, shape)
