import re
from string import Formatter

import pytest

from bot.links.words import ENGLISH, LANGUAGES, SPANISH, say
from bot.web.problems import WORDS
from messages.wording import disclosing_words


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_say_the_same_things_with_the_same_fields():
    assert ENGLISH.keys() == SPANISH.keys()
    assert {key: _fields(text) for key, text in ENGLISH.items()} == {
        key: _fields(text) for key, text in SPANISH.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_tells_what_kind_of_office_it_is(language):
    assert not [key for key, text in LANGUAGES[language].items() if disclosing_words(text)]


def test_no_word_is_left_over():
    from pathlib import Path

    templates = "".join(path.read_text() for path in (Path(__file__).parents[2] / "bot/links/templates").glob("*.html"))
    pages = "".join(
        path.read_text() for path in (Path(__file__).parents[2] / "bot/links").glob("*.py") if path.name != "words.py"
    )
    said = set(re.findall(r'"((?:[a-z_]+\.)*[a-z_]+)"', templates + pages))
    said |= {f"prefs.{way}" for way in ("text", "email", "whatsapp")}
    said |= {f"list.{part}" for part in ("morning", "afternoon", "evening")}
    choices = {"with": ("same", "seen", "any"), "how": ("in_person", "telehealth"), "where": ("same", "any")}
    said |= {f"list.{name}" for name in choices}
    said |= {f"list.{name}.{key}" for name, keys in choices.items() for key in keys}
    said |= {f"chat.key.{key}" for key in "CRNULAP"}
    unused = [key for key in ENGLISH if key not in said and not key.startswith("done.")]
    assert unused == []


def test_a_language_not_spoken_here_reads_english():
    assert say("de_CH", "done.undo") == "Undo"
    assert say("fr_CA", "done.undo") == "Revenir en arrière"
    assert say("es_MX", "done.undo") == "Deshacer"


def test_words_to_staff_keep_their_voice():
    for words in WORDS.values():
        assert "!" not in words.title + words.text
        assert not words.title.endswith(".")
