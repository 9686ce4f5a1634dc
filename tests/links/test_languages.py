"""Pages and calls say the same in every language: the same keys, the same fields, and nothing that tells of care."""

import re

import pytest

from bot.links.words import LANGUAGES as PAGES
from bot.links.words import say
from bot.twilio.call_script import Said
from bot.twilio.voice_words import LANGUAGES as CALLS
from bot.twilio.voice_words import VOICES, spoken
from messages.catalog import LANGUAGE_NAMES, MORE_LANGUAGES
from messages.wording import disclosing_words

FIELD = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("spoken_here", [PAGES, CALLS], ids=["pages", "calls"])
@pytest.mark.parametrize("language", [code for code, _ in LANGUAGE_NAMES])
def test_each_language_says_all_of_it(spoken_here, language: str) -> None:
    english, words = spoken_here["en"], spoken_here[language]
    assert set(words) == set(english)
    for key, said in words.items():
        assert set(FIELD.findall(said)) == set(FIELD.findall(english[key])), key
        assert said, key
        assert disclosing_words(said) == (), key


def test_a_voice_is_named_for_every_language_that_is_spoken() -> None:
    assert set(VOICES) == set(CALLS)
    for language in MORE_LANGUAGES:
        assert f'language="{VOICES[language].language}"' in Said("x", language).twiml()
    assert Said("x", "vi").twiml() == '<Say voice="Google.vi-VN-Standard-A" language="vi-VN">x</Say>'
    assert Said("x", "fr").twiml() == '<Say language="fr-CA">x</Say>'


def test_a_number_among_arabic_letters_keeps_its_order() -> None:
    assert "\u200e555-555-0100" in say("ar", "call", phone="555-555-0100")
    assert "\u200e" not in say("fr", "call", phone="555-555-0100")


def test_what_a_language_lacks_is_said_in_english() -> None:
    assert say("de", "title") == say("en", "title")
    assert spoken("de", "goodbye") == "Goodbye."
