"""Lengths are counted as carriers bill them, and look-alikes never make a text dearer."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.segments import Encoding, gsm7_units, segments, sms_text

EXTENDED = "^{}\\[~]|€\f"


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        # A part of 153 septets holds 76 pairs; the last septet stays empty rather than split a pair.
        ("€" * 153, "gsm7", 306, 3),
        ("a" * 159 + "[", "gsm7", 161, 2),
        ("ñéüàèìòù¿¡", "gsm7", 10, 1),
        ("á" * 70, "ucs2", 70, 1),
        ("á" * 71, "ucs2", 71, 2),
        ("á" * 134, "ucs2", 134, 2),
        ("á" * 135, "ucs2", 135, 3),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
        # 67 units hold 33 emoji; a surrogate pair is never split.
        ("😀" * 67, "ucs2", 134, 3),
        ("3:00\u202fPM", "ucs2", 7, 1),
    ],
)
def test_known_lengths(text, encoding, units, count):
    counted = segments(text)
    assert (counted.encoding, counted.units, counted.count) == (encoding, units, count)


def test_toll_free_parts_are_shorter():
    assert segments("a" * 305, toll_free=True).count == 3
    assert segments("a" * 305).count == 2
    assert segments("á" * 133, toll_free=True).count == 3


@given(st.text(alphabet=st.characters(max_codepoint=0x7E, min_codepoint=0x20), max_size=700))
def test_plain_text_is_cut_evenly_and_pairs_cost_at_most_one_place_a_part(text):
    plain = "".join(letter for letter in text if letter not in EXTENDED and letter != "`")
    units = len(plain)
    assert segments(plain).count == (1 if units <= 160 else math.ceil(units / 153))
    counted = segments(text.replace("`", ""))
    assert counted.encoding is Encoding.GSM7
    if counted.units > 160:
        assert math.ceil(counted.units / 153) <= counted.count <= math.ceil(counted.units / 152)


@given(st.text(max_size=200))
def test_one_foreign_character_turns_the_whole_text(text):
    assert (segments(text).encoding is Encoding.GSM7) == (gsm7_units(text) is not None)
    if gsm7_units(text) is None:
        assert segments(text).units == len(text.encode("utf-16-be", "surrogatepass")) // 2


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("3:00\u202fPM", "3:00 PM"),
        ("can’t “now” – wait…", 'can\'t "now" - wait...'),
        ("\u200eWed\u00a0Sep\u200f", "Wed Sep"),
        ("e\u0301", "é"),
    ],
)
def test_look_alikes_become_plain(typed, sent):
    assert sms_text(typed) == sent
    assert segments(sms_text(typed)).encoding is Encoding.GSM7


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("mié sábado", "mié sabado"),
        ("mañana, próxima confirmación", "mañana, proxima confirmacion"),
        ("SÍ, avisó según", "SI, aviso segun"),
        ("não à tarde, você", "nao à tarde, voce"),
        ("garçon œuvre", "garcon oeuvre"),
        ("Łódź", "Lodz"),
        ("日本 😀", "日本 😀"),
    ],
)
def test_plain_letters_lose_only_the_accents_gsm_lacks(typed, sent):
    assert sms_text(typed, plain_letters=True) == sent


@given(st.text(max_size=120), st.booleans())
def test_normalising_leaves_gsm_characters_alone_and_settles_at_once(text, plain):
    once = sms_text(text, plain_letters=plain)
    assert sms_text(once, plain_letters=plain) == once
    kept = "".join(letter for letter in text if gsm7_units(letter) is not None)
    assert sms_text(kept, plain_letters=plain) == kept
