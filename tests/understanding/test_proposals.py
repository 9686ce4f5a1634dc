"""What the second look may do: say what a reply leans to, ask where a rule is likely wrong, and nothing else."""

import pytest

from messages.intents import Asked, Intent, IntentKind, Question, Reading, read
from messages.intents.law import read_keyword
from messages.intents.normalise import normalise
from messages.intents.proposals import looked_at_again
from messages.intents.reply_score import MEANINGS, likely
from messages.understanding import understand
from tests.understanding import train_replies
from tests.understanding.corpus import NEW_YORK, NOW, lines

REMINDER = Asked(question=Question.REMINDER)
OFFER = Asked(question=Question.OFFER)
ACTING = set(IntentKind) - {IntentKind.OTHER, IntentKind.UNSURE, IntentKind.CRISIS}


def test_what_no_rule_says_is_asked_about_and_not_done():
    leaning = []
    for language in ("en", "es"):
        for text, answer in lines(f"training/replies_unseen_{language}"):
            if answer.startswith("r "):
                found = understand(text, asked=REMINDER, language=language, now=NOW, zone=NEW_YORK)
                if found.reading.leaning is not None:
                    leaning.append(found)
    assert len(leaning) > 40
    assert all(each.ask and not ACTING & set(each.reading.kinds) for each in leaning)


@pytest.mark.parametrize("text", ["C", "N", "R", "STOP", "1", "yes", "cant make it", "👍", "Liked “Lee Office: visit”"])
def test_letters_words_of_the_law_and_plain_answers_are_never_put_in_doubt(text):
    found = read(text, asked=REMINDER)
    assert found.leaning is None
    assert set(found.kinds) & ACTING


def test_a_leaning_stands_only_where_nothing_acts():
    for name in ("training/replies_unseen_en", "training/replies_unseen_es", "replies_en", "replies_es"):
        for text, _ in lines(name):
            for asked in (REMINDER, OFFER):
                found = read(text, asked=asked)
                assert found.leaning is None or found.kinds == (IntentKind.OTHER,), text
                assert found.leaning is None or read_keyword(normalise(text), asked) is None, text


def test_shares_add_up_to_one_and_are_the_same_each_time():
    tokens = normalise("would thursday be any good").tokens
    shares = likely(tokens, "r")
    assert set(shares) == set(MEANINGS)
    assert sum(shares.values()) == pytest.approx(1)
    assert likely(tokens, "r") == shares


@pytest.mark.long
def test_training_again_gives_the_same_weights():
    assert train_replies.packed(*train_replies.trained()) == train_replies.WEIGHTS.read_bytes()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("i wont be in tmrw pls take me off", (IntentKind.VISIT_OR_STOP,)),
        ("take me off", (IntentKind.STOP,)),
        ("cant make it friday and take me off your list", (IntentKind.STOP, IntentKind.CANNOT_COME)),
        ("borrenme esa cita por favor", (IntentKind.CANNOT_COME,)),
        ("borrenme por favor", (IntentKind.STOP,)),
        ("no voy mañana, quitenme", (IntentKind.VISIT_OR_STOP,)),
        ("take me off the cancellation list", (IntentKind.OTHER,)),
        ("saqueme de la lista de cancelaciones", (IntentKind.OTHER,)),
    ],
)
def test_taking_somebody_off_is_of_the_texts_or_of_a_visit(text, kinds):
    assert read(text, asked=REMINDER).kinds == kinds


def test_a_stop_that_is_in_doubt_is_asked_about_with_both_words():
    doubtful = Reading((Intent(kind=IntentKind.STOP),), ("en.opt_out:found",))
    words = normalise("wonderful, see you thursday at three then")
    assert looked_at_again(doubtful, words, REMINDER).kinds == (IntentKind.VISIT_OR_STOP,)
    assert looked_at_again(doubtful, normalise("please stop texting me"), REMINDER) is doubtful


def test_a_question_that_may_be_none_stays_one_and_is_asked():
    found = understand("something a bit sooner?", asked=REMINDER, language="en", now=NOW, zone=NEW_YORK)
    assert found.ask


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("ok but my car is being weird", (IntentKind.UNSURE,)),
        ("sí, aunque me vendría mejor temprano", (IntentKind.UNSURE,)),
        ("yes but i might be a bit late", (IntentKind.LATE,)),
        ("yes but can i bring my dog", (IntentKind.CONFIRM, IntentKind.QUESTION)),
        ("ok see you then, bringing my dog", (IntentKind.CONFIRM,)),
    ],
)
def test_a_yes_with_a_but_that_nobody_understood_is_asked_about(text, kinds):
    assert read(text, asked=REMINDER).kinds == kinds


@pytest.mark.parametrize("language", ["fr", "pt-BR", "vi", "tl"])
def test_whoever_has_another_language_on_file_and_writes_english_in_distress_is_heard(language):
    said = "i have been thinking they would all be better off without me"
    assert IntentKind.CRISIS in read(said, asked=REMINDER, language=language).kinds
    assert (
        IntentKind.CRISIS not in read("i cant make it tomorrow, my car broke", asked=REMINDER, language=language).kinds
    )


def test_the_further_languages_are_not_weighed_as_if_they_were_english():
    assert IntentKind.CRISIS not in read("je ne peux pas venir demain", asked=REMINDER, language="fr").kinds
