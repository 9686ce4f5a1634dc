"""The three tools answer every line at once, and a bad line stops nobody."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bot.cli import app


def answers(command, *asked):
    written = b"".join(each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in asked)
    done = CliRunner().invoke(app, [command], input=written)
    assert done.exit_code == 0
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_reply_is_answered_with_intents_and_times():
    (found,) = answers(
        "understand",
        {
            "id": 7,
            "text": "yes but can we do 4 instead",
            "lang": "en",
            "prompt": "reminder",
            "now": "2026-11-23T09:00",
            "zone": "America/New_York",
        },
    )
    assert found["id"] == 7
    assert found["intent"] == "reschedule"
    assert (found["crisis"], found["ask"]) == (False, False)
    assert found["when"] == [{"kind": "time", "start": "16:00", "end": None, "grain": "hour"}]
    assert found["why"]


def test_distress_and_what_else_was_said_are_both_told():
    (found,) = answers("understand", {"id": 1, "text": "i want to die. cant come tmrw", "prompt": "reminder"})
    assert found["crisis"]
    assert found["intents"] == ["crisis", "cancel"]


def test_the_prompt_decides_what_a_number_means():
    found = answers("understand", *({"id": p, "text": "2", "prompt": p} for p in ("choices", "reminder", "none")))
    assert [(each["intent"], each["ask"]) for each in found] == [
        ("accept_offer", False),
        ("reschedule", False),
        ("other", True),
    ]


def test_a_yes_or_a_no_to_an_offer_is_about_the_offer():
    texts = ("N", "can't get away that early but thank you", "C", "yes")
    found = answers("understand", *({"id": 1, "text": text, "prompt": "offer"} for text in texts))
    assert [each["intent"] for each in found] == ["decline_offer", "decline_offer", "accept_offer", "accept_offer"]


@pytest.mark.parametrize(
    "bad",
    [
        b"no json\n",
        b"[1]\n",
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        {"id": 2, "text": 5},
        {"id": 2},
        {"id": 2, "text": "hi", "prompt": "letter"},
        {"id": 2, "text": "hi", "prompt": ["offer"]},
        {"id": 2, "text": "hi", "zone": "Mars/Olympus"},
        {"id": 2, "text": "hi", "zone": 3},
        {"id": 2, "text": "hi", "now": "yesterday"},
        {"id": 2, "text": "hi", "lang": 4},
        {"id": 2, "text": "hi", "prompt": "choices", "options": 99},
    ],
)
def test_a_bad_line_is_answered_kindly_and_the_rest_goes_on(bad):
    first, second = answers("understand", bad, {"id": 3, "text": "ok", "prompt": "reminder"})
    assert first["error"].endswith(".")
    assert "text" not in first
    assert second["intent"] == "confirm"


def test_half_an_emoji_is_no_reason_to_stop():
    understood, counted = (
        answers(command, b'{"id": 1, "text": "i want to die \\ud83d"}\n')[0] for command in ("understand", "segments")
    )
    assert understood["crisis"]
    assert counted["encoding"] == "UCS-2"


@pytest.mark.parametrize(
    ("text", "smart", "encoding", "segments"),
    [
        ("a" * 160, False, "GSM-7", 1),
        ("a" * 161, False, "GSM-7", 2),
        ("a" * 306, False, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 153, False, "GSM-7", 3),
        ("“" * 70, False, "UCS-2", 1),
        ("“" * 71, False, "UCS-2", 2),
        ("“" * 160, True, "GSM-7", 1),
        ("á" * 134, False, "UCS-2", 2),
        ("á" * 135, False, "UCS-2", 3),
        ("ç", False, "UCS-2", 1),
        ("Ç", False, "GSM-7", 1),
        ("a\r\n" * 40, False, "GSM-7", 1),
        ("🇺🇸" * 17 + "aa", False, "UCS-2", 1),
        # Sixty-seven places hold sixteen flags of four, and none is cut.
        ("🇺🇸" * 33, False, "UCS-2", 3),
        ("👨‍👩‍👧‍👦" * 7, False, "UCS-2", 2),
    ],
)
def test_segments_are_the_carriers(text, smart, encoding, segments):
    (found,) = answers("segments", {"id": "s", "text": text, "smart": smart})
    assert (found["encoding"], found["segments"]) == (encoding, segments)


def test_smart_encoding_shows_what_would_be_sent():
    (found,) = answers("segments", {"id": 1, "text": "“Hi” – can’t\u00a0wait…½", "smart": True})
    assert found["text"] == '"Hi" - can\'t wait...1/2'


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ({"text": "Lee Office"}, set()),
        ({"text": "Lee Therapy", "as": "label"}, {"disclosing_word"}),
        ({"text": "leetherapygroup.example", "as": "host"}, {"disclosing_word"}),
        ({"text": "Your counseling visit", "as": "subject"}, {"disclosing_word"}),
        ({"text": "Reply CANCEL to cancel"}, {"carrier_keyword"}),
        ({"text": "Votre thérapie", "lang": "fr"}, {"disclosing_word"}),
        ({"text": "{label}: hi", "kind": "reminder"}, {"missing_placeholder", "missing_opt_out"}),
    ],
)
def test_words_that_disclose_are_refused(line, codes):
    (found,) = answers("lint-text", {"id": 1, **line})
    assert {each["code"] for each in found["problems"]} == codes
    assert found["ok"] is not bool(codes)


def test_every_line_is_answered_before_the_next_is_read():
    asked = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "segments"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    for number in range(3):
        asked.stdin.write(json.dumps({"id": number, "text": "x"}).encode() + b"\n")
        asked.stdin.flush()
        assert json.loads(asked.stdout.readline())["id"] == number
    asked.stdin.close()
    assert asked.wait(10) == 0
    asked.stdout.close()
