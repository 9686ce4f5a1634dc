"""Asking for a language, in English and in itself; and words that only mention one."""

import pytest

from bot.conversation.errands import LANGUAGES, errand_of
from messages.catalog import LANGUAGE_NAMES


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("in french please", "fr"),
        ("Français s'il vous plaît", "fr"),
        ("em português por favor", "pt"),
        ("tiếng Việt", "vi"),
        ("can you text me in vietnamese", "vi"),
        ("请用中文", "zh"),
        ("do you speak chinese?", "zh"),
        ("prefer mandarin", "zh"),
        ("sa Tagalog", "tl"),
        ("بالعربية", "ar"),
        ("en español por favor", "es"),
        ("in english please", "en"),
    ],
)
def test_every_language_can_be_asked_for(text: str, language: str) -> None:
    errand = errand_of(text)
    assert errand is not None
    assert LANGUAGES[errand] == language


@pytest.mark.parametrize("text", ["I have a french exam that day", "my chinese food is late", "ok thanks"])
def test_words_that_mention_one_ask_for_nothing(text: str) -> None:
    assert errand_of(text) is None


def test_they_are_the_languages_of_the_texts() -> None:
    assert sorted(LANGUAGES.values()) == sorted(code for code, _ in LANGUAGE_NAMES)
