"""What a time in a sentence comes to, rule by rule; how much is understood of unseen lines is in test_figures.py."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from messages.intents import Asked
from messages.understanding import understand
from messages.when import SpanKind, read_plain, read_when
from messages.when.almanac import months_on
from messages.when.holidays import easter, nth_weekday
from messages.when.tokens import tokens
from tests.understanding.corpus import NEW_YORK, NOW
from tests.understanding.test_figures import drawn, times_in


def starts(text, *, now=NOW, language="en"):
    return [span.start for span in read_when(text, now=now, language=language).spans]


def written(spans):
    alone = {SpanKind.DATETIME, SpanKind.DATE}
    return " ".join(
        drawn(span.start) if span.kind in alone else f"{drawn(span.start)}..{drawn(span.end)}" for span in spans
    )


def asked(text, *, language="en"):
    found = read_when(text, now=NOW, language=language)
    assert not (found.ask and found.spans)
    return found.ask


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, "03-31"), (2025, "04-20"), (2026, "04-05"), (2027, "03-28"), (2038, "04-25"), (2285, "03-22")],
)
def test_easter_is_where_the_almanacs_have_it(year, day):
    assert easter(year) == date.fromisoformat(f"{year}-{day}")


def test_the_last_and_the_nth_weekday_of_a_month():
    assert nth_weekday(2026, 11, 3, 4) == date(2026, 11, 26)
    assert nth_weekday(2026, 12, 3, -1) == date(2026, 12, 31)
    assert nth_weekday(2027, 2, 0, 1) == date(2027, 2, 1)


def test_a_month_on_ends_with_a_short_month():
    assert months_on(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert months_on(date(2027, 12, 31), 2) == date(2028, 2, 29)
    assert months_on(date(2026, 11, 18), 12) == date(2027, 11, 18)


@pytest.mark.parametrize(
    "text",
    [
        "the 24th. at one",
        "the 24th works, one pm",
        "1 pm would be great. the 24th?",
        "the 24th but only at 1",
        "the 24th, oh at 1",
    ],
)
def test_a_day_and_an_hour_in_two_thoughts_are_one_wish(text):
    assert starts(text) == [datetime(2026, 11, 24, 13)]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("the 24th at 2, sorry, the 25th at 2", datetime(2026, 11, 25, 14)),
        ("tuesday at 2, no, at 3", datetime(2026, 11, 24, 15)),
        ("tuesday at 2. no. wednesday", datetime(2026, 11, 25, 14)),
        ("el 24, perdón, el 25 a las 10", datetime(2026, 11, 25, 10)),
    ],
)
def test_what_was_taken_back_is_not_wished_for(text, start):
    assert starts(text) == [start]


@pytest.mark.parametrize(
    "text",
    [
        "tuesday at 2, no",
        "friday at 2. monday at 3",
        "hoy no mañana",
        "friday not saturday at 10",
        "friday at 26:00",
        "a bit later on friday",
        "dec 8 or 9 in the morning",
        "next thursday or friday",
        "early december",
        "the week before christmas",
        "unless you have monday, tuesday at 3",
        "friday after work",
        "so after that",
        "mother's day",
        "the earliest i could do monday is 10",
        "i am free ten to four on friday",
        "can we make it a half hour later",
        "friday afternoon at 9",
        "friday any time ten til 4",
        "monday after this one",
    ],
)
def test_what_may_be_two_things_is_asked(text):
    assert asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "call me at 312-555-0147",
        "my number is (312) 555 0147",
        "i owe $25.50",
        "i take 20 mg",
        "my temp was 101.3",
        "room 4 right",
        "2 of us are coming",
        "saw you monday",
        "my birthday is march 4",
    ],
)
def test_numbers_and_days_that_are_no_wishes_are_left_alone(text):
    assert starts(text) == []


def test_numbers_of_other_things_beside_a_wish_do_not_hide_it():
    assert starts("tuesday at 1. my number is 312-555-0147, i am 34 and have 2 kids") == [datetime(2026, 11, 24, 13)]


def test_an_hour_is_in_the_half_of_the_day_its_neighbour_says():
    assert starts("friday evening at 7 or 8") == [datetime(2026, 11, 20, 19), datetime(2026, 11, 20, 20)]
    assert starts("friday 8 or 9am") == [datetime(2026, 11, 20, 8), datetime(2026, 11, 20, 9)]
    assert starts("friday 11 or 1pm") == [datetime(2026, 11, 20, 11), datetime(2026, 11, 20, 13)]


def test_today_only_what_is_ahead_is_meant():
    noon = datetime(2026, 11, 18, 12, 30, tzinfo=NEW_YORK)
    assert starts("today at 7", now=noon) == [datetime(2026, 11, 18, 19)]
    assert read_when("today at 11", now=noon).ask


def test_the_end_of_something_else_bounds_the_wish():
    (span,) = read_when("class is 1 to 3 on tuesday so after that", now=NOW).spans
    assert (span.kind, span.start) == (SpanKind.OPEN_END, datetime(2026, 11, 24, 15))


def test_an_exception_in_a_week_is_a_day_of_that_week():
    found = read_when("next week except friday", now=NOW)
    assert date(2026, 11, 27) not in {span.day for span in found.spans}
    assert found.covers(datetime(2026, 11, 26, 9))
    assert not found.covers(datetime(2026, 11, 27, 9))


def test_a_leap_day_and_the_end_of_a_year():
    zone = ZoneInfo("America/Chicago")
    assert starts("feb 29 at 10", now=datetime(2028, 2, 1, 9, tzinfo=zone)) == [datetime(2028, 2, 29, 10)]
    assert starts("feb 29 at 10", now=datetime(2027, 12, 30, 9, tzinfo=zone)) == [datetime(2028, 2, 29, 10)]
    assert read_when("feb 29", now=datetime(2027, 2, 1, 9, tzinfo=zone)).ask
    assert starts("the 1st at 2", now=datetime(2026, 12, 31, 9, tzinfo=zone)) == [datetime(2027, 1, 1, 14)]


def test_an_amount_from_now_is_a_moment_unless_somebody_is_on_the_way():
    assert starts("in 45 minutes") == [datetime(2026, 11, 18, 11)]
    assert starts("an hour and a half from now") == [datetime(2026, 11, 18, 11, 45)]
    assert starts("dentro de media hora", language="es") == [datetime(2026, 11, 18, 10, 45)]
    assert starts("i'll be there in 45 minutes") == []


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("friday at 3 before it gets dark", datetime(2026, 11, 20, 15)),
        ("friday at 3 if the roads are not closed", datetime(2026, 11, 20, 15)),
        ("friday at 3 because i work tomorrow", datetime(2026, 11, 20, 15)),
        ("my son naps at 1, so friday at 3", datetime(2026, 11, 20, 15)),
        ("friday once i get off at 3", datetime(2026, 11, 20, 15)),
    ],
)
def test_what_happens_around_a_wish_is_not_part_of_it(text, start):
    assert starts(text) == [start]


@pytest.mark.parametrize("text", ["the monday after my wedding", "star trek day at 2", "friday, 2pm tokyo zone"])
def test_a_day_or_a_clock_nobody_else_knows_is_asked(text):
    assert asked(text)


def test_the_zone_of_the_client_may_be_named_and_another_is_asked():
    assert starts("friday 2pm eastern") == [datetime(2026, 11, 20, 14)]
    assert asked("friday 2pm pacific")


def test_not_before_an_hour_is_from_it_on():
    (span,) = read_when("friday but not before 10", now=NOW).spans
    assert (span.kind, span.start) == (SpanKind.OPEN_END, datetime(2026, 11, 20, 10))
    assert asked("next week any day but wednesday after 3")


def test_names_one_slip_away_are_mended_and_other_words_are_not():
    assert tokens("wenesday tuseday mierocles") == ("wednesday", "tuesday", "miercoles")
    assert tokens("match trade lines money abrir entro") == ("match", "trade", "lines", "money", "abrir", "entro")


def test_a_time_alone_has_no_day():
    assert starts("3:30 would be best") == [time(15, 30)]


PLAIN = """
fr plutôt lundi à 10h => 11-23T10:00
fr demain à 15h30 => 11-19T15:30
fr jeudi après-midi svp => 11-19T12:00..11-19T17:00
fr le 5 décembre à 14h => 12-05T14:00
fr pas lundi => ask
fr mardi prochain => ask
fr demain vendredi => ask
fr samedi 5 décembre => 12-05
fr lundi à 25h => ask
fr mardi à trois heures et demie => 11-24T15:30
fr après 15h jeudi svp => 11-19T15:00..
fr lundi matin avant 10h => 11-23T08:00..11-23T10:00
fr mardi après le travail => ask
pt amanhã às 15h => 11-19T15:00
pt segunda-feira de manhã => 11-23T08:00..11-23T12:00
pt 24/11 às 10h => 11-24T10:00
pt segunda ou terça => ask
pt terça às três e meia => 11-24T15:30
pt amanhã antes das 10 => ..11-19T10:00
pt depois de amanhã => 11-20
vi trước 10 giờ thứ sáu => ..11-20T10:00
vi thứ ba lúc 3 giờ rưỡi chiều => 11-24T15:30
vi sau 3 giờ chiều thứ năm => ask
vi thứ hai lúc 10 giờ => 11-23T10:00
vi ngày mai 3 giờ chiều => 11-19T15:00
vi ngày 5 tháng 12 lúc 14h => 12-05T14:00
vi tôi thứ hai => ask
zh 明天下午3点 => 11-19T15:00
zh 周五上午10点可以吗 => 11-20T10:00
zh 12月5日下午2点 => 12-05T14:00
zh 周五下午三点半 => 11-20T15:30
zh 星期四两点一刻 => 11-19T14:15
zh 周四下午三点以后 => 11-19T15:00..11-19T17:00
zh 下周一 => ask
tl bukas ng umaga => 11-19T08:00..11-19T12:00
tl Lunes alas 3 ng hapon => 11-23T15:00
tl Disyembre 5 alas 2 ng hapon => 12-05T14:00
tl Martes alas tres y medya ng hapon => 11-24T15:30
tl bago mag-alas diyes bukas => ..11-19T10:00
tl 5/12 => ask
tl sa susunod na linggo => ask
ar يوم الاثنين الساعة 10 صباحا => 11-23T10:00
ar 5 ديسمبر الساعة 2 => 12-05T14:00
ar بعد الساعة 3 يوم الخميس => 11-19T15:00..
ar غدا الساعة العاشرة والنصف صباحا => 11-19T10:30
ar ليس الخميس => ask
ar الساعة 3 مساء => ask
"""


@pytest.mark.parametrize("line", PLAIN.strip().splitlines())
def test_the_plainest_times_of_six_further_languages(line):
    asked_of, _, answer = line.partition(" => ")
    language, _, text = asked_of.partition(" ")
    found = read_plain(text, language, now=NOW)
    assert ("ask" if found.ask else written(found.spans)) == answer


def test_a_plain_time_is_a_wish_in_a_conversation():
    found = understand("lundi à 10h", asked=Asked(), language="fr", now=NOW, zone=NEW_YORK)
    assert [span.start for span in found.when.spans] == [datetime(2026, 11, 23, 10)]
    assert not found.ask


def known_to_a_receptionist():
    """What somebody at the desk would not ask about, as seen from the Wednesday of the corpora."""
    wednesday_five = [datetime(2026, 11, 18, 17)]
    return [
        ("ten-thirty tomorrow morning", "en", [datetime(2026, 11, 19, 10, 30)]),
        ("tomorrow at fourteen hundred hours", "en", [datetime(2026, 11, 19, 14)]),
        ("tmrw am", "en", [datetime(2026, 11, 19, 8)]),
        ("today betwixt 5 and 6:30", "en", wednesday_five),
        ("5 pm today or nothing", "en", wednesday_five),
        ("first of the month", "en", [datetime(2026, 12, 1)]),
        ("friday once i'm off, after 5", "en", [datetime(2026, 11, 20, 17)]),
        ("friday once i'm done at the clinic at 4:15, anytime past that", "en", [datetime(2026, 11, 20, 16, 15)]),
        ("gotta be friday the 20th cause of my pt, say 330", "en", [datetime(2026, 11, 20, 15, 30)]),
        ("5pm on the 26th, not a minute sooner", "en", [datetime(2026, 11, 26, 17)]),
        ("el sabadito en la mañana", "es", [datetime(2026, 11, 21, 8)]),
        ("sabado veintiuno entre ocho y diez", "es", [datetime(2026, 11, 21, 8)]),
        ("viernes ya despues de 2:45", "es", [datetime(2026, 11, 20, 14, 45)]),
        ("que tal el viernes, la hora me da igual", "es", [datetime(2026, 11, 20)]),
        ("despedida de año a las 10 am", "es", [datetime(2026, 12, 31, 10)]),
        ("el primero del mes que viene", "es", [datetime(2026, 12, 1)]),
    ]


@pytest.mark.parametrize(("text", "language", "expected"), known_to_a_receptionist())
def test_what_a_receptionist_would_simply_know(text, language, expected):
    assert starts(text, language=language) == expected


def test_days_of_a_week_that_is_named_behind_them_are_not_the_whole_week():
    assert starts("tuesday or thursday mornings next week") == [
        datetime(2026, 11, 24, 8),
        datetime(2026, 11, 26, 8),
    ]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("pasemela del 7 al 14 a la 1", "es", "12-14T13:00"),
        ("muevala del martes al jueves", "es", "11-19"),
        ("from the 7th to the 14th", "en", "12-07..12-15"),
        ("12-18 9:45am", "en", "12-18T09:45"),
        ("10-2 tuesday", "en", "11-24T10:00..11-24T14:00"),
        ("antes de las doce del mediodia", "es", "..T12:00"),
        ("ahead of noon", "en", "..T12:00"),
        ("salgo a las 5, despues de esa hora", "es", "T17:00.."),
        ("no este lunes, el otro lunes", "es", "11-30"),
        ("the 11 o'clock one", "en", "T11:00"),
    ],
)
def test_a_move_from_one_day_to_another_and_other_ways_of_saying(text, language, expected):
    found = times_in(text, language)
    assert found == expected
