"""Why a simulated time was lost: one cause each, the nearest to success first."""

from datetime import UTC, datetime, timedelta

from bot.simulate.losses import Limits, Lost, table

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
LIMITS = Limits(a_day=2, a_week=4, held=timedelta(minutes=30))


def lost(willing, hours=3.0, asked=(), gone=()):
    return Lost(
        askable_at=NOW,
        starts_at=NOW + timedelta(hours=hours),
        willing=willing,
        asked=frozenset(asked),
        gone=frozenset(gone),
    )


def causes(given, asked_at=None):
    return {cause for counts in table([given], asked_at or {}, LIMITS).values() for cause in counts}


def test_each_cause_by_itself():
    hours = {name: NOW - timedelta(hours=name) for name in (1, 2, 30, 50, 70, 90)}
    assert causes(lost([1])) == {"not_reached"}
    assert causes(lost([1], asked=[1])) == {"asked_too_late"}
    assert causes(lost([1], gone=[1])) == {"had_another_time_by_then"}
    assert causes(lost([1]), {1: [hours[1], hours[2]]}) == {"had_the_texts_of_the_day"}
    assert causes(lost([1]), {1: [hours[each] for each in (30, 50, 70, 90)]}) == {"had_the_texts_of_the_week"}
    assert causes(lost([1]), {1: [NOW - timedelta(minutes=20)]}) == {"held_another_offer"}


def test_a_time_is_told_by_whoever_was_nearest_and_counted_once_at_its_lead():
    found = table([lost([1, 2], hours=0.5, asked=[2]), lost([1], hours=30)], {}, LIMITS)
    assert found["0-1 h"] == {"asked_too_late": 1}
    assert found["over 24 h"] == {"not_reached": 1}
    assert sum(sum(counts.values()) for counts in found.values()) == 2
