"""Wishes in comparison with the visit, and what only names it."""

from datetime import datetime, timedelta

import pytest

from bot.conversation.compared import Compared, besides, compared
from messages.when import read_when

VISIT = datetime(2026, 3, 11, 14, 0)
NOW = datetime(2026, 3, 9, 10, 0)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("anything later?", Compared(later=True)),
        ("could you push it back an hour", Compared(later=True, by=timedelta(hours=1))),
        ("half an hour later please", Compared(later=True, by=timedelta(minutes=30))),
        ("can we move it up 15 min", Compared(earlier=True, by=-timedelta(minutes=15))),
        ("puede ser una hora mas tarde", Compared(later=True, by=timedelta(hours=1))),
        ("media hora antes", Compared(earlier=True, by=-timedelta(minutes=30))),
        ("mas temprano?", Compared(earlier=True)),
        ("same time another day", Compared(same_time=True)),
        ("a la misma hora otro dia", Compared(same_time=True)),
        ("earlier or later, i dont mind", Compared()),
        ("move my appointment", Compared()),
        ("900 hours later", Compared(later=True)),
        ("", Compared()),
    ],
)
def test_how_a_wish_compares(text: str, wish: Compared) -> None:
    assert compared(text) == wish


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("move my wednesday appointment", 0),
        ("move my wednesday appointment to friday", 1),
        ("wednesday morning", 1),
        ("at 4", 1),
        ("at 2", 0),
    ],
)
def test_what_only_names_the_visit_is_no_wish(text: str, left: int) -> None:
    assert len(besides(read_when(text, now=NOW), VISIT).spans) == left
