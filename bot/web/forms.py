"""A form as it was filled in, and what is wrong with it, for the field macros of console/_pieces.html.

Invariant: an error belongs to a field by name, so the summary at the top can lead to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from bot.web.readable import posted
from scheduler.core.errors import Conflict, Invalid


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

    def check(self, name: str, judge: Callable[[], object], say: Callable[[Invalid | Conflict], str]) -> "Form":
        """The same form, with what `judge` objects to as an error of the field `name`."""
        try:
            judge()
        except (Invalid, Conflict) as error:
            return self.with_error(name, say(error))
        return self


EMPTY = Form()
LONGEST_VALUE = 4000


async def sent_form(request: web.Request) -> Form:
    """What was sent, as text; the first of several values, uploaded files left out, over-long values cut.

    Raises as `posted`.
    """
    sent = await posted(request)
    return Form({name: str(sent[name])[:LONGEST_VALUE] for name in sent if isinstance(sent[name], str)})
