"""Replies are read as people meant them, and nothing unsure ever acts."""

import time
import tomllib
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.intents import Asked, IntentKind, Question, read
from messages.intents.crisis import crisis_signs
from messages.intents.days import named_days
from messages.intents.lexicon import CHOICE_NUMBERS, CRISIS, GROUPS, PHRASES
from messages.intents.normalise import normalise
from messages.intents.phrases import compile_phrase, phrase_group, require_meaning

HERE = Path(__file__).parent
ASKED = {
    "reminder": Asked(question=Question.REMINDER),
    "nothing": Asked(),
    "offer": Asked(question=Question.OFFER),
    "times": Asked(question=Question.TIMES, options=3),
    "which_visit": Asked(question=Question.WHICH_VISIT, options=2),
}
SEVERAL = {
    "confirm_and_late": ("confirm", "late"),
    "confirm_and_question": ("confirm", "question"),
    "cannot_and_reschedule": ("cannot_come", "reschedule"),
    "choose_1": ("choose",),
    "choose_2": ("choose",),
    "choose_3": ("choose",),
}
ACTS = {
    IntentKind.CONFIRM,
    IntentKind.CANNOT_COME,
    IntentKind.RESCHEDULE,
    IntentKind.TAKE,
    IntentKind.PASS,
    IntentKind.CHOOSE,
}


def table(name):
    return tomllib.loads((HERE / name).read_text("utf-8"))


GROUPED = [
    pytest.param(asked, group, texts, id=f"{name}-{asked}-{group}")
    for name in ("replies", "replies_more", "replies_unruly")
    for asked, groups in table(f"{name}.toml").items()
    for group, texts in groups.items()
]


def is_right(reading, group):
    kinds = tuple(str(kind) for kind in reading.kinds)
    if group == "not_taken":
        return not {"take", "pass"} & set(kinds)
    if group == "not_acted_upon":
        return not {"confirm", "cannot_come", "stop", "wrong_number", "take", "pass"} & set(kinds)
    number_is_right = not group.startswith("choose") or reading.intents[0].number == int(group[-1])
    return kinds == SEVERAL.get(group, (group,)) and number_is_right


@pytest.mark.parametrize(("asked", "group", "texts"), GROUPED)
def test_replies_are_read_as_they_were_meant(asked, group, texts):
    readings = {text: read(text, asked=ASKED[asked]) for text in texts}
    assert {text: reading for text, reading in readings.items() if not is_right(reading, group)} == {}


DISTRESS = (table("crisis.toml"), table("crisis_unruly.toml"))
ALARM = [text for each in DISTRESS for text in each["alarm"]]
CALM = [text for each in DISTRESS for text in each["calm"]]


def test_distress_raises_the_alarm():
    missed = [text for text in ALARM if IntentKind.CRISIS not in read(text, asked=ASKED["reminder"]).kinds]
    assert missed == []


@pytest.mark.parametrize("around", ["ok thanks. {}", "{}\nsee you tuesday", "STOP texting me. {}", "N. {}", "{} 😭"])
def test_nothing_around_it_hides_distress(around):
    hidden = [text for text in ALARM if not crisis_signs(normalise(around.format(text)))]
    assert hidden == []


def test_ordinary_trouble_does_not_raise_it():
    assert {text: signs for text in CALM if (signs := crisis_signs(normalise(text)))} == {}


def test_distress_comes_first_and_leaves_the_rest_to_be_acted_on():
    reading = read("i dont see the point anymore. cant come tmrw", asked=ASKED["reminder"])
    assert reading.kinds == (IntentKind.CRISIS, IntentKind.CANNOT_COME)
    assert reading.leftover
    assert read("STOP texting me I want to die", asked=Asked()).kinds[:2] == (IntentKind.CRISIS, IntentKind.STOP)


@pytest.mark.parametrize("word", ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"])
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("shape", ["{}", " {} ", "{}.", "{}!", "\n{}\n", "“{}”", "{} 🙏"])
def test_every_carrier_stop_word_is_a_stop_whatever_was_asked(word, asked, shape):
    for typed in (word, word.lower(), word.title()):
        reading = read(shape.format(typed), asked=asked)
        assert reading.kinds == (IntentKind.STOP,)
        assert reading.intents[0].word == word


def test_cancel_is_reported_by_its_word_so_that_staff_can_ask():
    assert read("cancel", asked=ASKED["reminder"]).intents[0].word == "CANCEL"
    assert read("please cancel", asked=ASKED["reminder"]).kinds == (IntentKind.CANNOT_COME,)


def test_cancelar_alone_is_asked_back_beside_a_reminder_and_is_a_stop_otherwise():
    assert read("Cancelar", asked=ASKED["reminder"]).kinds == (IntentKind.VISIT_OR_STOP,)
    assert read("Cancelar", asked=Asked()).kinds == (IntentKind.STOP,)


def test_yes_starts_texts_again_only_for_someone_who_stopped_them():
    assert read("YES", asked=Asked(opted_out=True)).kinds == (IntentKind.START,)
    assert read("YES", asked=Asked(question=Question.REMINDER)).kinds == (IntentKind.CONFIRM,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2n", [("cannot_come", 2)]),
        ("2 N", [("cannot_come", 2)]),
        ("n2", [("cannot_come", 2)]),
        ("2C", [("confirm", 2)]),
        ("1c 2n", [("confirm", 1), ("cannot_come", 2)]),
        ("1C and 2N", [("confirm", 1), ("cannot_come", 2)]),
        ("C1, N2", [("confirm", 1), ("cannot_come", 2)]),
        ("confirm 1 cancel 2", [("confirm", 1), ("cannot_come", 2)]),
        ("yes to 1", [("confirm", 1)]),
        ("1 yes 2 no", [("confirm", 1), ("cannot_come", 2)]),
        ("2r", [("reschedule", 2)]),
    ],
)
def test_a_number_with_a_letter_names_the_visit(text, expected):
    reading = read(text, asked=ASKED["which_visit"])
    assert [(str(intent.kind), intent.number) for intent in reading.intents] == expected


@pytest.mark.parametrize("text", ["both c", "C both", "all confirmed", "confirm both", "yes to both", "sí las dos"])
def test_both_confirms_every_visit(text):
    (intent,) = read(text, asked=ASKED["which_visit"]).intents
    assert (intent.kind, intent.every) == (IntentKind.CONFIRM, True)


def test_both_alone_chooses_every_visit_without_an_act():
    (intent,) = read("both", asked=ASKED["which_visit"]).intents
    assert (intent.kind, intent.every) == (IntentKind.CHOOSE, True)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("running 10 min late", 10),
        ("si pero llego como 15 min tarde, hay trafico", 15),
        ("L 20", 20),
        ("running late", None),
    ],
)
def test_how_late_is_read_when_it_is_said(text, minutes):
    late = read(text, asked=ASKED["reminder"]).get(IntentKind.LATE)
    assert late is not None
    assert late.minutes == minutes


def test_one_offered_time_may_be_taken_with_a_plain_yes():
    (intent,) = read("yes please", asked=Asked(question=Question.TIMES, options=1)).intents
    assert (intent.kind, intent.number) == (IntentKind.CHOOSE, 1)


def test_what_was_not_understood_beside_an_act_is_left_for_a_person():
    reading = read("Yes. My daughter starts college on Monday", asked=ASKED["reminder"])
    assert reading.kinds == (IntentKind.CONFIRM,)
    assert reading.leftover
    assert not read("Yes, thank you", asked=ASKED["reminder"]).leftover


def test_our_own_quoted_words_are_never_read():
    ours = "Lee Office: visit Tue. Reply C to confirm, N if you can't come. STOP to end texts. In danger call 911"
    for quoted in (f"Laughed at “{ours}”", f"Disliked “{ours}”", f"> {ours}"):
        assert read(quoted, asked=ASKED["reminder"]).kinds == (IntentKind.OTHER,)
    assert read(f"> {ours}\nyes", asked=ASKED["reminder"]).kinds == (IntentKind.CONFIRM,)


CONFIRMING = ["ok", "yes", "see you then", "I'll be there", "confirmed", "sí", "ahí estaré"]
SOFTENING = [
    "{} if my car starts",
    "maybe {}",
    "{} later, will let you know",
    "{}?",
    "not sure, {}",
    "{} unless I work",
    "si puedo {}",
]


@pytest.mark.parametrize("yes", CONFIRMING)
@pytest.mark.parametrize("soft", SOFTENING)
def test_conditions_questions_and_half_promises_never_confirm(yes, soft):
    assert IntentKind.CONFIRM not in read(soft.format(yes), asked=ASKED["reminder"]).kinds


CANCELLING = ["can't make it", "I have to cancel", "won't be able to come", "no puedo ir", "I'm not coming"]


@pytest.mark.parametrize("no", CANCELLING)
@pytest.mark.parametrize("soft", ["{}?", "I might {}", "not sure, {}", "if {}", "is it ok if {}?", "quizás {}"])
def test_conditions_questions_and_half_promises_never_cancel(no, soft):
    assert IntentKind.CANNOT_COME not in read(soft.format(no), asked=ASKED["reminder"]).kinds


@given(st.text(max_size=400), st.sampled_from(list(ASKED.values())))
@settings(max_examples=300, deadline=None)
def test_any_text_at_all_gets_a_reading_and_always_the_same(text, asked):
    reading = read(text, asked=asked)
    assert reading.intents
    assert reading.why
    assert read(text, asked=asked) == reading


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Z", "So"]), min_size=1, max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_text_of_no_known_words_never_acts(text):
    known = {word for group in PHRASES.values() for word in group.by_word} | set(CHOICE_NUMBERS)
    tokens = {token for sentence in normalise(text).sentences for token in sentence.tokens}
    if tokens & known or any(len(token) < 3 for token in tokens):
        return
    assert not ACTS & set(read(text, asked=ASKED["reminder"]).kinds)


def test_why_never_holds_the_clients_own_words():
    canary = "Zephyrina Quockerwodger"
    for text in (f"{canary} can't come", f"yes this is {canary}", f"stop texting {canary}", f"{canary} wants to die"):
        for asked in ASKED.values():
            reading = read(text, asked=asked)
            assert not any(word.casefold() in repr(reading).casefold() for word in canary.split())


def test_reading_is_quick():
    texts = [text for groups in table("replies.toml").values() for group in groups.values() for text in group]
    started = time.perf_counter()
    for text in texts:
        read(text, asked=ASKED["reminder"])
    assert (time.perf_counter() - started) / len(texts) < 0.005


def test_both_languages_have_every_group_and_the_rare_word_index_changes_nothing():
    for group in GROUPS:
        for phrases in (*PHRASES[group].by_word.values(), PHRASES[group].everywhere):
            for phrase in phrases:
                assert phrase.name.startswith(("en.", "es."))


@pytest.mark.parametrize(
    ("phrase", "matching", "other"),
    [
        ("cant|wont make it", " i cant make it ", " cant you make it "),
        ("really? late", " late ", " lately "),
        ("reschedul~", " rescheduling ", " schedule "),
        ("want * die", " want to just die ", " want one two three four die "),
        ("# minutes", " 15 minutes ", " some minutes "),
        ("^ yes", " yes ok ", " ok yes "),
        ("see you $", " see you ", " see you then "),
        ("point anymore|$", " the point ", " the point of contact "),
    ],
)
def test_the_pattern_language_means_what_it_says(phrase, matching, other):
    group = phrase_group([("t", phrase)])
    assert group.first(matching)
    assert group.first(other) is None


@pytest.mark.parametrize("written", ["", "é", "a||b", "really?", "Caps", "~"])
def test_a_phrase_that_could_mean_anything_is_refused(written):
    with pytest.raises(ValueError, match="phrase_"):
        require_meaning(compile_phrase("t", written))


def test_every_phrase_of_the_lists_means_something():
    groups = [*PHRASES.values(), CRISIS]
    phrases = {phrase for group in groups for found in [*group.by_word.values(), group.everywhere] for phrase in found}
    assert len(phrases) > 1000
    for phrase in phrases:
        require_meaning(phrase)


TUESDAY = datetime(2026, 3, 10, 12, 30)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("see you then", True),
        ("see you Tuesday", True),
        ("nos vemos el martes", True),
        ("can't make it Tues, I work till Friday", True),
        ("see you Thursday", False),
        ("no puedo el jueves", False),
        ("can't come tomorrow", True),
        ("no puedo mañana", True),
        ("no puedo por la mañana", True),
        ("I'm sick today", True),
    ],
)
def test_a_reply_that_names_days_is_about_one_of_them(text, fits):
    assert named_days(text).may_mean(TUESDAY, datetime(2026, 3, 9, 9)) is fits


def test_tomorrow_after_midnight_is_also_the_day_that_has_begun():
    tomorrow = named_days("can't make it tomorrow")
    assert tomorrow.may_mean(TUESDAY, datetime(2026, 3, 10, 1))
    assert not tomorrow.may_mean(TUESDAY, datetime(2026, 3, 10, 9))
