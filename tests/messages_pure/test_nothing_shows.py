"""Values that carry words, numbers or secrets say neither when they are printed: an error's trace may print them."""

import pytest

from messages.channels.base import Outgoing
from messages.compose import Composed, _Linked
from messages.send_row_store import Joined, SendRow

SECRET = "4kX9bQ2mT7cR4wZ8yLf5aH"


@pytest.mark.parametrize(
    "value",
    [
        Outgoing(reference="m1", attempt=1, sender="+12025550100", to=SECRET, text=SECRET, subject=SECRET),
        Composed(text=SECRET, subject=SECRET, segments=1),
        _Linked("https://host/l/0000", SECRET),
        SendRow._make(["m1", *[SECRET] * (len(SendRow._fields) - 1)]),
        Joined._make(["m1", *[SECRET] * (len(Joined._fields) - 1)]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_printed_it_shows_no_secret(value: object) -> None:
    assert SECRET not in repr(value)
    assert SECRET not in f"{value}"
    assert SECRET not in repr([value])
