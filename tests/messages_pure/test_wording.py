"""A practice's own words are refused when they would disclose, mislead, or strand a client."""

import pytest

from messages.catalog import LANGUAGES, template
from messages.kinds import TRAITS, Channel, Country, Kind, traits
from messages.render import CannotRenderError, Rendered, render
from messages.segments import segments
from messages.wording import (
    ProblemCode,
    WordingProblem,
    disclosing_words,
    lint_host,
    lint_label,
    text_is_safe,
    usable_placeholders,
    validate_wording,
    widest_fields,
)

GOOD = "{label}: {date} at {time}. C confirms, R changes, N if you can't come. {link} STOP to end texts."


def codes(text, kind=Kind.REMINDER, language="en", **options):
    return [problem.code.value for problem in validate_wording(kind, text, language, **options)]


def test_good_words_are_welcome():
    assert codes(GOOD) == []
    assert codes("{label}: cita {date} {time}. {link} STOP para no recibir más.", language="es") == []


def test_every_default_that_may_be_edited_passes_its_own_lint():
    for kind, trait in TRAITS.items():
        for language in LANGUAGES:
            words = template(f"{kind}.sms", language) or template(f"{kind}.us.sms", language)
            problems = validate_wording(kind, words, language) if trait.editable else []
            assert problems == [], kind


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (GOOD.replace("{date}", ""), "missing_placeholder"),
        (GOOD.replace("{label}", "Lee Office"), "missing_placeholder"),
        (GOOD.replace("{link}", ""), "missing_placeholder"),
        (GOOD + " {client_name}", "unknown_placeholder"),
        (GOOD + " {deadline}", "unknown_placeholder"),
        (GOOD + " {START_TIME}", "stray_brace"),
        (GOOD + " {", "stray_brace"),
        (GOOD.replace("STOP to end texts.", ""), "missing_opt_out"),
        (GOOD.replace("STOP", "Stop"), "missing_opt_out"),
        (GOOD.replace("N if", "reply CANCEL if"), "carrier_keyword"),
        (GOOD.replace("N if", "text 'cancel' if"), "carrier_keyword"),
        (GOOD.replace("C confirms", "Reply YES to confirm"), "carrier_keyword"),
        (GOOD.replace("C confirms", "reply with the word yes"), "carrier_keyword"),
        (GOOD.replace("N if", "END if"), "carrier_keyword"),
        (GOOD.replace("N if", "STOP to cancel your visit, N if"), "carrier_keyword"),
        (GOOD.replace("{date}", "your therapy on {date}"), "disclosing_word"),
        (GOOD.replace("{date}", "PSYCHIATRIST {date}"), "disclosing_word"),
        (GOOD.replace("{date}", "anxiety group {date}"), "disclosing_word"),
        (GOOD.replace("{date}", "su terapía {date}"), "disclosing_word"),
        (GOOD.replace("{link}", "bit.ly/abc {link}"), "shortener"),
        (GOOD.replace("{link}", "www.lee.com {link}"), "written_address"),
        (GOOD.replace("{link}", "https://x.test {link}"), "written_address"),
        (GOOD + " 😀", "not_plain"),
        (GOOD.replace(". C", ".\nC"), "line_break"),
        (GOOD + "x" * 220, "too_long"),
    ],
)
def test_each_fault_is_found(words, code):
    assert code in codes(words)


def test_fixed_texts_cannot_be_worded():
    assert codes("{label}: bye", kind=Kind.STOP_CONFIRMED) == ["not_editable"]


def test_the_crisis_notice_must_keep_its_numbers():
    words = "{label}: not watched at all hours. In danger call 911; for support 988. Office {office_phone}"
    assert codes(words, kind=Kind.CRISIS_NOTICE) == []
    assert codes(words, kind=Kind.CRISIS_NOTICE, country=Country.GB) == ["missing_emergency_number"]
    assert codes(words.replace("988", ""), kind=Kind.CRISIS_NOTICE) == ["missing_emergency_number"]


def test_words_in_ordinary_use_are_left_alone():
    assert codes(GOOD.replace("{date}", "sorry we had to cancel, now {date}, to the end of the month")) == []


def test_what_may_be_saved_always_renders():
    for kind, trait in TRAITS.items():
        if trait.editable:
            words = " ".join(f"{{{name}}}" for name in usable_placeholders(kind)) + " STOP 911 988"
            assert validate_wording(kind, words, "en") == []
            try:
                render(kind, widest_fields(), language="en", channel=Channel.SMS, wordings={kind.value: {"en": words}})
            except CannotRenderError as problem:  # pragma: no cover -- the assertion is that it never happens
                pytest.fail(str(problem))


def test_problems_speak_to_staff_in_sentences():
    for code in ProblemCode:
        sentence = WordingProblem(code, "word").sentence
        assert sentence.endswith((".", "”"))
        assert "{what}" not in sentence


@pytest.mark.parametrize(
    "label", ["Lee Office", "Dr. Ana Peña", "Elm St 5", "North Suite", "J. O'Neil", "Oficina Ocho"]
)
def test_neutral_labels_are_fine(label):
    assert lint_label(label) == []


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("", "empty"),
        ("7", "empty"),
        ("Lee Therapy", "disclosing_word"),
        ("LeeTherapyGroup", "disclosing_word"),
        ("Hope Recovery", "disclosing_word"),
        ("Ann Lee, LCSW", "disclosing_word"),
        ("Clinica Psicológica", "disclosing_word"),
        ("Mental Health Co", "disclosing_word"),
        ("A label that is much too long", "too_long"),
        ("Lee {date}", "stray_brace"),
        ("Lee 😀", "not_plain"),
        ("lee.com", "written_address"),
        ("Lee YES", "carrier_keyword"),
        ("Lee\nOffice", "line_break"),
    ],
)
def test_labels_that_disclose_or_break_are_named(label, code):
    assert code in [problem.code.value for problem in lint_label(label)]


def test_hosts_are_linted_too():
    assert lint_host("visits.example.org") == []
    assert [p.code for p in lint_host("www.bit.ly")] == [ProblemCode.SHORTENER]
    assert [p.code for p in lint_host("leetherapygroup.com")] == [ProblemCode.DISCLOSING_WORD]


def test_every_default_text_names_no_field_of_care():
    for language in LANGUAGES:
        for kind in Kind:
            for key in (f"{kind}.sms", f"{kind}.email", f"{kind}.subject"):
                assert disclosing_words(template(key, language) or "") == (), key


def test_the_last_look_stops_what_slipped_through():
    def drawn(text):
        return Rendered(text, None, segments(text))

    assert text_is_safe(drawn("Lee Office: visit Wed"), label="Lee Office")
    assert text_is_safe(drawn("Rehab Rd Office: visit"), label="Rehab Rd Office")
    assert text_is_safe(drawn("Lee Office: visit https://lee.example/l/xxRehabxx STOP"), label="Lee Office")
    assert not text_is_safe(drawn("Lee Office: therapy Wed"), label="Lee Office")
    assert not text_is_safe(drawn("therapy Wed"), label="")
    assert not text_is_safe(drawn("Lee Office: visit {date}"), label="Lee Office")
    assert not text_is_safe(drawn("x" * 400), label="Lee Office")
    assert traits(Kind.REMINDER).editable
