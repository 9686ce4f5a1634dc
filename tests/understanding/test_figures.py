"""What is understood of texts nobody looked at while the rules were written: the held-back half of every corpus.

The limits are a little below what was measured (docs/understanding.md), so that a change for the worse fails here.
"""

import lzma
import time as clock
from datetime import datetime, time

import pytest

from bot.commands.understand import _NAMES
from messages.intents import Asked, IntentKind, Question
from messages.intents.crisis import crisis_signs
from messages.intents.normalise import normalise
from messages.understanding import understand
from messages.when import SpanKind, read_when
from tests.understanding import train
from tests.understanding.corpus import NEW_YORK, NOW, distress, held_back, lines, signed, times

ASKED = {
    "r": Asked(question=Question.REMINDER),
    "o": Asked(question=Question.OFFER),
    "c": Asked(question=Question.TIMES, options=3),
    "n": Asked(),
}
ACTS = {"cancel", "confirm", "stop"}
UNREAD_HALF = pytest.mark.parametrize("language", ["en", "es"])


def held(name):
    return [(text, answer) for text, answer in lines(name) if held_back(text)]


def drawn(edge):
    if edge is None:
        return ""
    if isinstance(edge, time):
        return f"T{edge:%H:%M}"
    return f"{edge:%m-%d}" if edge.time() == time() else f"{edge:%m-%dT%H:%M}"


def times_in(text, language, now=NOW):
    found = read_when(text, now=now, language=language)
    if found.ask:
        return "ask"
    alone = {SpanKind.DATETIME, SpanKind.DATE, SpanKind.TIME}
    spans = (
        drawn(span.start) if span.kind in alone else f"{drawn(span.start)}..{drawn(span.end)}" for span in found.spans
    )
    return " ".join(spans) or "-"


@pytest.mark.parametrize(("language", "right", "wrong"), [("en", 0.96, 0.005), ("es", 0.97, 0.005)])
def test_times_are_read_right_or_asked(language, right, wrong):
    found = [(times_in(text, language, now), answers) for text, answers, now in times(language) if held_back(text)]
    assert sum(got in answers for got, answers in found) >= right * len(found)
    assert sum(got not in {*answers, "ask", "-"} for got, answers in found) <= wrong * len(found)


@UNREAD_HALF
def test_times_that_rules_were_written_by_are_all_right(language):
    seen = [each for each in times(language) if not held_back(each[0])]
    wrong = {
        text: (found, answers) for text, answers, now in seen if (found := times_in(text, language, now)) not in answers
    }
    assert wrong == {}


def named(text, asked, language):
    found = understand(text, asked=asked, language=language, now=NOW, zone=NEW_YORK)
    return {_NAMES.get(kind, "other") for kind in found.reading.kinds}, found.ask, found.crisis


def judged(text, answer, language):
    """Right, asked, wrong or harmful."""
    prompt, _, expected = answer.partition(" ")
    names, ask, _ = named(text, ASKED[prompt], language)
    wanted = [set(each.split("+")) for each in expected.split("/")]
    core = names - {"crisis"} or {"other"}
    if core in wanted or (len(core) == 1 and any(core < each for each in wanted)):
        return "right"
    if ask:
        return "asked"
    return "harmful" if (ACTS & core) - set().union(*wanted) else "wrong"


@pytest.mark.parametrize(("language", "share", "harmful"), [("en", 0.97, 1), ("es", 0.98, 0)])
def test_replies_are_understood_or_safely_asked(language, share, harmful):
    found = [judged(text, answer, language) for text, answer in held(f"replies_{language}")]
    assert sum(each in {"right", "asked"} for each in found) >= share * len(found)
    assert found.count("harmful") <= harmful


@UNREAD_HALF
def test_replies_that_rules_were_written_by_do_no_harm(language):
    found = {text: judged(text, answer, language) for text, answer in lines(f"replies_{language}")}
    seen = {text: each for text, each in found.items() if not held_back(text)}
    assert {text: each for text, each in seen.items() if each in {"wrong", "harmful"}} == {}


def share(texts):
    """How many of the texts, of one, raise the alarm."""
    return sum(bool(crisis_signs(normalise(text))) for text in texts) / len(texts)


def told_by(corpus, sign, language):
    return [text for mark, text in corpus(language) if mark == sign]


def ours(language):
    return [each for each in distress(language) if held_back(each[1])]


def strangers(language):
    return signed(f"strangers_{language}")


@pytest.mark.parametrize(
    ("corpus", "language", "recall"),
    [(ours, "en", 0.83), (ours, "es", 0.9), (strangers, "en", 0.79), (strangers, "es", 0.81)],
)
def test_distress_in_unseen_words_raises_the_alarm(corpus, language, recall):
    assert share(told_by(corpus, "!", language)) >= recall


@pytest.mark.parametrize(
    ("corpus", "language", "idioms", "near"),
    [(ours, "en", 0.08, 0.07), (ours, "es", 0.1, 0.04), (strangers, "en", 0.1, 0.23), (strangers, "es", 0.11, 0.26)],
)
def test_idioms_and_ordinary_words_near_distress_seldom_do(corpus, language, idioms, near):
    assert share(told_by(corpus, "~", language)) <= idioms
    assert share(told_by(corpus, ".", language)) <= near


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "je voudrais dormir pour toujours"),
        ("fr", "il m'a étranglée hier soir"),
        ("pt", "não quero mais estar aqui"),
        ("pt", "tomei a cartela inteira"),
        ("vi", "em uống hết vỉ thuốc rồi"),
        ("vi", "tôi không muốn tồn tại nữa"),
        ("zh", "活得好累，不如死"),
        ("zh", "他又掐我脖子"),
        ("tl", "gusto ko na mawala"),
        ("tl", "sinakal ako ng asawa ko"),
        ("ar", "بلعت حبوب كثيرة"),
        ("ar", "أريد أن أموت وارتاح"),
    ],
)
def test_what_is_unmistakable_raises_it_in_the_further_languages(language, text):
    assert named(text, ASKED["r"], language)[2]


@pytest.mark.parametrize(("language", "raised"), [("en", 0.021), ("es", 0.032)])
def test_everyday_texts_of_strangers_seldom_do(language, raised):
    assert share([text for _, text in signed(f"plain_{language}")]) <= raised


def test_ordinary_replies_hardly_ever_do():
    texts = [(text, lang) for lang in ("en", "es") for text, _ in held(f"replies_{lang}")]
    raised = sum(named(text, ASKED["r"], language)[2] for text, language in texts)
    assert raised <= 0.005 * len(texts) + 0.5


def test_the_core_of_six_further_languages_is_understood():
    right = harmful = count = 0
    for text, answer in held("replies_core"):
        language, prompt, expected = answer.split(" ", 2)
        count += 1
        if expected == "!":
            right += named(text, ASKED[prompt], language)[2]
            continue
        result = judged(text, f"{prompt} {expected}", language)
        right += result in {"right", "asked"}
        harmful += result == "harmful"
    assert right >= 0.92 * count
    assert harmful <= 1


@pytest.mark.long
@pytest.mark.timeout(600)
def test_training_again_gives_the_same_weights():
    assert train.packed(train.trained()) == lzma.decompress(train.WEIGHTS.read_bytes())


def test_a_text_is_understood_in_a_few_milliseconds():
    text = (
        "hi sorry i cant make it tuesday my kid is sick, could we do thursday after 3 or friday morning instead? thanks"
    )
    named(text, ASKED["r"], "en")
    began = clock.perf_counter()
    for _ in range(20):
        named(text, ASKED["r"], "en")
    # Five are promised; a busy machine of CI is allowed more.
    assert (clock.perf_counter() - began) / 20 < 0.05


def test_a_refusal_and_a_wish_are_told_apart():
    found = understand(
        "can't make it tuesday, can we do thursday at 3", asked=ASKED["r"], language="en", now=NOW, zone=NEW_YORK
    )
    assert set(found.reading.kinds) == {IntentKind.CANNOT_COME, IntentKind.RESCHEDULE}
    assert [span.start for span in found.when.spans] == [datetime(2026, 11, 19, 15)]
    assert found.when.covers(datetime(2026, 11, 19, 15, tzinfo=NEW_YORK))
    assert not found.when.covers(datetime(2026, 11, 24, 15, tzinfo=NEW_YORK))


def test_a_time_the_clocks_skip_is_asked():
    spring = datetime(2027, 3, 13, 9, tzinfo=NEW_YORK)
    assert read_when("tomorrow at 2:30 am", now=spring).ask
    assert read_when("tomorrow at 3:30 am", now=spring).spans


def test_a_time_in_a_language_whose_sentences_are_not_read_is_asked():
    found = understand("plutôt lundi en huit à 10h", asked=ASKED["r"], language="fr", now=NOW, zone=NEW_YORK)
    assert found.ask
    assert (found.when.spans, found.reading.kinds) == ((), (IntentKind.RESCHEDULE,))


def test_what_can_be_booked_tells_a_bare_seven():
    seven = datetime(2026, 11, 19, 7, tzinfo=NEW_YORK)
    assert read_when("tomorrow at 7", now=NOW).spans[0].start == datetime(2026, 11, 19, 19)
    assert read_when("tomorrow at 7", now=NOW, bookable=[seven]).spans[0].start == seven.replace(tzinfo=None)
