"""The carrier's own count of segments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.encoding import segments, smart_encoded


@pytest.mark.parametrize(
    ("body", "count"),
    [("", 1), ("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("x" * 307, 3), ("á" * 70, 1), ("á" * 71, 2),
     ("é" * 160, 1), ("[" * 80, 1), ("[" * 81, 2), ("😀" * 35, 1), ("😀" * 36, 2)],
)  # fmt: skip
def test_known_counts(body, count):
    assert segments(body) == count


@given(st.text(max_size=400))
def test_smart_encoding_settles_at_once(body):
    plain = smart_encoded(body)
    assert smart_encoded(plain) == plain


@given(st.text(st.characters(max_codepoint=126), max_size=200))
def test_smart_encoding_leaves_plain_letters_alone(body):
    assert smart_encoded(body) == body


def test_smart_encoding_saves_the_segments_it_is_for():
    body = "It\u2019s yours" + "x" * 100
    assert (segments(body), segments(smart_encoded(body))) == (2, 1)
