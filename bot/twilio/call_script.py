"""TwiML of a call: what is said, and which key leads where. Pure.

Invariant: whatever is said is escaped text; every page of a call ends in a question or in hanging up.
"""

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from bot.twilio.voice_words import VOICES

PATIENCE_SECONDS: Final = 8
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'
HANG_UP: Final = f"{_HEAD}<Response><Hangup/></Response>"


@dataclass(frozen=True, slots=True)
class Said:
    """Words in a language that is spoken here."""

    words: str
    language: str

    def twiml(self) -> str:
        """The words to be read out."""
        voice = VOICES.get(self.language, VOICES["en"])
        named = f" voice={quoteattr(voice.name)}" if voice.name else ""
        return f"<Say{named} language={quoteattr(voice.language)}>{escape(self.words)}</Say>"


def hang_up_after(*said: Said) -> str:
    """Say something and hang up."""
    return f"{_HEAD}<Response>{''.join(each.twiml() for each in said)}<Hangup/></Response>"


def ask(said: Said, action: str, goodbye: Said, *, times: int = 2) -> str:
    """Say something, wait for one key and post it to `action`; said again once, then goodbye."""
    gather = (
        f'<Gather numDigits="1" timeout="{PATIENCE_SECONDS}" method="POST" action={quoteattr(action)}>'
        f"{said.twiml()}</Gather>"
    )
    return f"{_HEAD}<Response>{gather * times}{goodbye.twiml()}<Hangup/></Response>"
