"""A form as it was filled in, and what is wrong with it, for the field macros of console/_pieces.html.

Pure. Invariant: an error belongs to a field by name, so the summary at the top can lead to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Form:
    """`values` are what to show in the fields again; `errors` one sentence per field at fault."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str, otherwise: str = "") -> str:
        """What the field shows."""
        return self.values.get(name, otherwise)

    def error(self, name: str) -> str:
        """What is wrong with the field, or an empty string."""
        return self.errors.get(name, "")

    def with_error(self, name: str, sentence: str) -> "Form":
        """The same form with one more error."""
        return Form(self.values, {**self.errors, name: sentence})


EMPTY = Form()
