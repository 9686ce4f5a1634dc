"""The further languages say what the first two say, in texts that can leave, and name no field of care."""

from datetime import UTC, date, datetime

import pytest

from messages.catalog import LANGUAGES, MORE_LANGUAGES, keys, language_of, template
from messages.kinds import Channel, Kind, SafeFields, traits
from messages.render import PLACEHOLDER, fill, render
from messages.segments import Encoding, segments, sms_text
from messages.times import clock_time, short_day
from messages.wording import disclosing_words, widest_fields

LATIN = ("fr", "pt", "vi", "tl")
MANY = pytest.mark.parametrize("language", MORE_LANGUAGES)


def texts(language):
    """What goes by text; mails have no limits of length."""
    return {key: template(key, language) for key in keys(language) if key.endswith(".sms")}


@MANY
def test_every_key_is_one_of_the_english_ones_with_the_same_placeholders(language):
    for key in keys(language):
        words = template(key, language)
        assert key in keys("en")
        assert set(PLACEHOLDER.findall(words)) == set(PLACEHOLDER.findall(template(key, "en"))), key


@MANY
def test_all_that_clients_are_told_is_there_in_every_further_language_and_alerts_are_english(language):
    staff = {key for key in keys("en") if key.startswith(("crisis_alert.", "engine_alert."))}
    assert keys(language) == keys("en") - staff
    assert template("crisis_alert.email", language) == template("crisis_alert.email", "en")
    assert template("booked.email", language) != template("booked.email", "en")
    assert language not in LANGUAGES


@MANY
def test_no_text_discloses_a_field_of_care_or_hides_the_way_out(language):
    for key in keys(language):
        assert disclosing_words(template(key, language)) == (), key
    for key, words in texts(language).items():
        if traits(Kind(key.split(".")[0])).carries_opt_out:
            assert "STOP" in words, key


@MANY
def test_texts_are_one_segment_in_latin_letters_and_two_at_most_in_others(language):
    for key, words in texts(language).items():
        drawn = sms_text(fill(Kind(key.split(".")[0]), words, widest_fields(), language), plain_letters=True)
        size = segments(drawn)
        assert size.count <= (1 if language in LATIN else 2), (key, size)
        assert (size.encoding is Encoding.GSM7) == (language in LATIN), key


@pytest.mark.parametrize(
    ("language", "day", "time"),
    [
        ("fr", "mer 30 sept", "16:05"),
        ("pt-BR", "qua 30 set", "16:05"),
        ("vi", "T4 30/9", "16:05"),
        ("zh-CN", "9月30日周三", "16:05"),
        ("tl", "Miy 30 Set", "4:05 PM"),
        ("fil", "Miy 30 Set", "4:05 PM"),
        ("ar", "الأربعاء 30 سبتمبر", "16:05"),
    ],
)
def test_dates_and_times_are_written_as_people_there_do(language, day, time):
    instant = datetime(2026, 9, 30, 16, 5, tzinfo=UTC)
    assert (short_day(instant, language), clock_time(instant, language)) == (day, time)


def test_a_reminder_goes_out_in_the_language_on_file():
    fields = SafeFields(
        label="Lee Office",
        starts_at=datetime(2026, 9, 30, 16, 0, tzinfo=UTC),
        sent_on=date(2026, 9, 29),
        link="https://lee.example/l/AbCdEf12",
    )
    drawn = render(Kind.REMINDER, fields, language="fil", channel=Channel.SMS)
    assert language_of("fil") == "tl"
    assert drawn.text.startswith("Lee Office: appointment Miy 30 Set, 4:00 PM. C kumpirma")
