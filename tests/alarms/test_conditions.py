"""What counts as wrong, when it is told, and in which words. Pure."""

from itertools import pairwise

import pytest

from bot.alarms.alarm_words import WORDS, sentence, subject, text
from bot.alarms.conditions import WATCH, Alarm, Code, Patience, Seen, Trouble, Waits, judge, long_gone
from bot.alarms.pulse import Lane, Pulse
from bot.alarms.repeat import AGAIN_MINUTES, CALM_LOOKS, Repeat

PATIENCE = Patience(45)


def codes(seen: Seen) -> list[str]:
    return [each.code.value for each in judge(seen, PATIENCE)]


def lanes(**silent: float) -> list[Lane]:
    return [Lane("one", lane, seconds) for lane, seconds in silent.items()]


def test_the_patience_of_a_default_installation_is_that_of_the_promise() -> None:
    """R31: an alarm within 60 s. Missed beats, one look, and telling it must fit."""
    assert (PATIENCE.silence, PATIENCE.look, PATIENCE.carrier, PATIENCE.overdue) == (45, 5, 60, 300)
    assert PATIENCE.silence + 2 * PATIENCE.look < 60


@pytest.mark.parametrize(
    ("silent", "expected"),
    [
        ({"talk": 5, "send": 5, "settle": 44}, []),
        ({"talk": 46, "send": 46, "settle": 46}, ["engine_silent"]),
        ({"talk": 46, "send": 46, "settle": 1}, []),  # a call may take long
        ({"talk": 271, "send": 2, "settle": 1}, ["lane_stuck"]),
        ({"talk": 500, "send": 500, "watch": 1}, ["engine_silent"]),  # a watch is no worker
    ],
)
def test_silence(silent: dict[str, float], expected: list[str]) -> None:
    assert codes(Seen(lanes=lanes(**silent))) == expected


def test_another_worker_makes_up_for_one_that_died_and_its_rows_are_forgotten() -> None:
    both = [*lanes(talk=400, send=400), Lane("two", "talk", 1), Lane("two", "send", 3)]
    assert codes(Seen(lanes=both)) == []
    assert long_gone(both, PATIENCE) == [("one", "talk"), ("one", "send")]
    assert long_gone(lanes(talk=400, send=400), PATIENCE) == []


def test_a_worker_that_stopped_as_it_should_is_missed_only_when_something_is_due() -> None:
    assert codes(Seen()) == []
    assert codes(Seen(waits=[Waits("p", 1, 44)])) == []
    assert codes(Seen(waits=[Waits("p", 1, 46)])) == ["engine_silent"]


def test_an_installation_without_a_practice_expects_no_work() -> None:
    assert codes(Seen(lanes=lanes(talk=99), work_expected=False)) == []


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Seen(lanes=lanes(send=1), waits=[Waits("p", 7, 299)]), []),
        (Seen(lanes=lanes(send=1), waits=[Waits("p", 7, 301)]), ["messages_wait"]),
        (Seen(carrier_silent=59), []),
        (Seen(carrier_silent=61), ["carrier_silent"]),
        (Seen(clock_off_ms=-119_000), []),
        (Seen(clock_off_ms=-121_000), ["clock_off"]),
        (Seen(troubles=[Trouble("p", "carrier_20003")]), ["sending_trouble"]),
        (Seen(paused=[Trouble("p", "due_spike")]), ["sending_paused"]),
    ],
)
def test_what_else_is_wrong(seen: Seen, expected: list[str]) -> None:
    assert codes(seen) == expected


def test_a_lane_is_silent_by_our_own_seconds_and_not_while_we_were_away() -> None:
    pulse = Pulse()
    assert pulse.look([("one", "send", 5)], 100)[0].silent == 0
    assert pulse.look([("one", "send", 5)], 130)[0].silent == 30
    assert pulse.look([("one", "send", 6)], 140)[0].silent == 0
    pulse.skip(3600)
    assert pulse.look([("one", "send", 6)], 3745)[0].silent == 5
    assert pulse.look([], 3750) == ()
    assert pulse.look([("one", "send", 6)], 3760)[0].silent == 0


ENGINE, PAUSED = Alarm(Code.ENGINE_SILENT), Alarm(Code.SENDING_PAUSED, "p", "due_spike", 3)


def test_an_alarm_is_told_at_once_and_then_after_growing_pauses() -> None:
    repeat, told = Repeat(), []
    for second in range(0, 3 * 3600, 5):
        tell = repeat.look([ENGINE], second)
        if tell:
            repeat.told(tell, second)
            told.append(second / 60)
    pauses = [later - earlier for earlier, later in pairwise(told)]
    assert pauses == [*AGAIN_MINUTES[: len(pauses)]]
    assert len(pauses) == 5


def test_what_could_not_be_told_is_tried_again_at_the_next_look() -> None:
    repeat = Repeat()
    assert repeat.look([ENGINE], 0)
    assert repeat.look([ENGINE], 5)


def test_what_joins_is_told_at_once_and_the_end_once() -> None:
    repeat = Repeat()
    for alarms, second in (([ENGINE], 0), ([ENGINE, PAUSED], 5)):
        tell = repeat.look(alarms, second)
        assert tell is not None
        assert not tell.all_clear
        repeat.told(tell, second)
    assert repeat.look([PAUSED], 10) is None
    ends = [repeat.look([], 15 + 5 * n) for n in range(CALM_LOOKS)]
    assert ends[:-1] == [None] * (CALM_LOOKS - 1)
    end = ends[-1]
    assert end is not None
    assert (end.all_clear, end.lasts) == (True, 25)
    repeat.told(end, 25)
    assert repeat.look([], 30) is None


def test_one_that_flickers_is_one_alarm_and_one_that_comes_back_later_another() -> None:
    repeat = Repeat()
    first = repeat.look([ENGINE, PAUSED], 0)
    assert first is not None
    repeat.told(first, 0)
    assert [repeat.look(alarms, 5) for alarms in ([PAUSED], [ENGINE, PAUSED])] == [None, None]
    assert [repeat.look([PAUSED], 10 + n) for n in range(CALM_LOOKS)] == [None] * CALM_LOOKS
    assert repeat.look([ENGINE, PAUSED], 20) is not None


def test_nobody_is_told_of_an_end_who_was_not_told_of_a_beginning() -> None:
    repeat = Repeat()
    assert [repeat.look([], n) for n in range(9)] == [None] * 9


def test_every_code_has_words_without_holes() -> None:
    for code in Code:
        assert "{" not in sentence(Alarm(code, "0" * 32, "carrier_20003", 4))
    assert WORDS.keys() == set(Code)
    repeat = Repeat()
    tell = repeat.look([ENGINE, PAUSED], 0)
    assert tell is not None
    assert subject(tell) == "Stillon needs you"
    assert text(tell, "https://a.example") == (
        "- No worker has given a sign of life. Nothing is sent, and nobody's text is answered.\n"
        "- Reminders are held back (far more came due than usual) until somebody resumes them on the sending page.\n"
        "\nLook here: https://a.example/console/today\n"
    )


def test_a_watch_process_is_known_by_its_lane() -> None:
    assert WATCH == "watch"
