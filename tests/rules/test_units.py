"""Minutes to codes and units: every number of the written tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.attendance.units import (
    BANDS,
    CodeFamily,
    Suggestion,
    TooShort,
    UnitRule,
    suggest_code,
    timed_units,
)


def code(family: CodeFamily, minutes: int) -> str | None:
    found = suggest_code(family, minutes)
    return found.code if isinstance(found, Suggestion) else None


@pytest.mark.parametrize(
    ("minutes", "therapy", "add_on"),
    [
        (0, None, None),
        (15, None, None),
        (16, "90832", "90833"),
        (37, "90832", "90833"),
        (38, "90834", "90836"),
        (52, "90834", "90836"),
        (53, "90837", "90838"),
        (180, "90837", "90838"),
    ],
)
def test_psychotherapy_is_a_range_and_one_code(minutes, therapy, add_on):
    assert code(CodeFamily.PSYCHOTHERAPY, minutes) == therapy
    assert code(CodeFamily.PSYCHOTHERAPY_ADD_ON, minutes) == add_on


def test_a_session_too_short_says_what_would_be_needed():
    assert suggest_code(CodeFamily.PSYCHOTHERAPY, 15) == TooShort(16)
    assert suggest_code(CodeFamily.FAMILY_WITH_CLIENT, 25) == TooShort(26)


def test_family_sessions_begin_at_26_minutes():
    assert code(CodeFamily.FAMILY_WITHOUT_CLIENT, 26) == "90846"
    assert code(CodeFamily.FAMILY_WITH_CLIENT, 26) == "90847"


@pytest.mark.parametrize(("minutes", "blocks"), [(30, 0), (74, 0), (75, 1), (104, 1), (105, 2), (134, 2), (135, 3)])
def test_crisis_adds_a_block_for_each_thirty_minutes_beyond_74(minutes, blocks):
    found = suggest_code(CodeFamily.CRISIS, minutes)
    assert isinstance(found, Suggestion)
    assert found.code == "90839"
    assert found.add_ons == ((("90840", blocks),) if blocks else ())


def test_crisis_under_30_minutes_has_no_code():
    assert suggest_code(CodeFamily.CRISIS, 29) == TooShort(30)


@pytest.mark.parametrize(
    ("minutes", "new", "established"),
    [
        (9, None, None),
        (10, None, "99212"),
        (15, "99202", "99212"),
        (19, "99202", "99212"),
        (20, "99202", "99213"),
        (30, "99203", "99214"),
        (39, "99203", "99214"),
        (40, "99203", "99215"),
        (45, "99204", "99215"),
        (60, "99205", "99215"),
    ],
)
def test_office_visits_need_the_full_minutes_and_know_no_midpoint(minutes, new, established):
    assert code(CodeFamily.OFFICE_NEW, minutes) == new
    assert code(CodeFamily.OFFICE_ESTABLISHED, minutes) == established


def test_the_reason_names_minutes_code_and_range():
    assert suggest_code(CodeFamily.PSYCHOTHERAPY, 45) == Suggestion(
        "90834", 38, 52, "45 minutes: 90834 covers 38 to 52 minutes"
    )
    longest = suggest_code(CodeFamily.PSYCHOTHERAPY, 61)
    assert isinstance(longest, Suggestion)
    assert longest.why == "61 minutes: 90837 covers 53 minutes or more"


@given(st.sampled_from(CodeFamily), st.integers(0, 400))
def test_exactly_one_band_or_none_holds_the_minutes(family: CodeFamily, minutes: int):
    holding = [b for b in BANDS[family] if b.low <= minutes and (b.high is None or minutes <= b.high)]
    assert len(holding) <= 1
    assert code(family, minutes) == (holding[0].code if holding else None)


VECTORS = [
    ((7,), (0,), (0,)),
    ((22,), (1,), (1,)),
    ((23,), (2,), (2,)),
    ((8, 8), (1, 0), (1, 1)),
    ((15, 8), (1, 1), (1, 1)),
    ((18, 10), (1, 1), (1, 1)),
    ((33, 7), (2, 1), (2, 0)),
    ((24, 23), (2, 1), (2, 2)),
    ((20, 20), (2, 1), (1, 1)),
    ((18, 13, 10, 8), (1, 1, 1, 0), (1, 1, 1, 1)),
    ((7, 7), (1, 0), (0, 0)),
    ((7, 7, 7), (1, 0, 0), (0, 0, 0)),
    ((), (), ()),
]


@pytest.mark.parametrize(("minutes", "cms", "eights"), VECTORS)
def test_fifteen_minute_units_of_the_written_vectors(minutes, cms, eights):
    assert timed_units(minutes, UnitRule.CMS) == cms
    assert timed_units(minutes, UnitRule.EIGHTS) == eights


@pytest.mark.parametrize(
    ("total", "units"), [(7, 0), (8, 1), (22, 1), (23, 2), (37, 2), (38, 3), (52, 3), (53, 4), (67, 4), (68, 5)]
)
def test_the_cms_table_of_totals(total: int, units: int):
    assert sum(timed_units([total], UnitRule.CMS)) == units


def test_exact_counts_full_quarters_only():
    assert timed_units([14, 15, 29, 30], UnitRule.EXACT) == (0, 1, 1, 2)


@given(st.lists(st.integers(0, 120), max_size=8))
def test_cms_units_follow_the_total_and_never_exceed_a_service_by_more_than_one(minutes: list[int]):
    units = timed_units(minutes, UnitRule.CMS)
    assert sum(units) == (sum(minutes) + 7) // 15
    assert all(0 <= unit - m // 15 <= 1 for unit, m in zip(units, minutes, strict=True))


@given(st.lists(st.integers(0, 120), max_size=8))
def test_a_service_with_more_left_over_is_rounded_up_first(minutes: list[int]):
    units = timed_units(minutes, UnitRule.CMS)
    up = [m % 15 for unit, m in zip(units, minutes, strict=True) if unit > m // 15]
    down = [m % 15 for unit, m in zip(units, minutes, strict=True) if unit == m // 15]
    assert not up or not down or min(up) >= max(down)


def test_negative_minutes_are_refused():
    with pytest.raises(ValueError, match="negative"):
        timed_units([5, -1], UnitRule.CMS)
    with pytest.raises(ValueError, match="negative"):
        suggest_code(CodeFamily.PSYCHOTHERAPY, -1)
