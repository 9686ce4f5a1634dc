"""Turns a text as people type it into sentences of plain tokens.

Case, accents, apostrophes, stretched letters, emoji, texting spellings, quoted text and signatures are dealt with here,
so that the word lists can be written in one plain form. What tokens mean is decided elsewhere. The one invariant: the
result depends on the text alone, and quoted words of our own messages never reach the word lists.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from messages.intents.lexicon import SPELLINGS

# Longer than any text a carrier joins together; what follows is read by a person alone.
MAX_CHARACTERS: Final = 2000

EMOJI_YES: Final = "emojiyes"
EMOJI_NO: Final = "emojino"
EMOJI_KIND: Final = "emojikind"
EMOJI_OTHER: Final = "emojiother"
EMOJI: Final = frozenset({EMOJI_YES, EMOJI_NO, EMOJI_KIND, EMOJI_OTHER})

_YES_EMOJI: Final = "👍👌✅✔☑🆗🙆💯"
_NO_EMOJI: Final = "👎❌🚫🙅❎✖"
# A kind word in a picture. Any other picture alone wants to be asked what is meant; beside words it changes nothing.
_KIND_EMOJI: Final = (
    "🙏❤🧡💛💚💙💜🤎🖤🤍💕💖💗💓💞💝♥😊🙂😀😃😄😁😆😅🤣😂☺😇🥰😍😘"
    "😗😙😚🤗🤩😎😉😌😋🎉🎊🙌👏💪✌🤝🤙🫡🫶🌞☀🌷🌹🌸🌺🌻💐✨⭐🌟💫🌈"
)
_DROPPED: Final = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0e\ufe0f🏻🏼🏽🏾🏿♀♂"), None
)

_REACTION: Final = re.compile(
    r"^\W*(?P<word>liked|loved|disliked|laughed at|emphasized|emphasised|questioned|reacted|removed an? [\w ]+ from"
    r"|le gust[oó]|le encant[oó]|no le gust[oó]|[^\w\s]{1,6} (?:to|a))[^\"“«]{0,24}[\"“«].*[\"”»]\W*$",
    re.IGNORECASE | re.DOTALL,
)
_LIKING: Final = ("liked", "loved", "le gust", "le encant")
_QUOTED_LINE: Final = re.compile(r"^\s*>.*$", re.MULTILINE)
_SIGNATURE: Final = re.compile(
    r"(?:^|\n)\s*(?:sent from my|get outlook for|enviado desde mi|sent via)\b.*$", re.IGNORECASE | re.DOTALL
)
# A letter we explain: "C to confirm", "N if you can't", "P=pass", "R cambiar", "STOP=salir"; two of them are our text.
_EXPLAINED: Final = re.compile(
    r"\b(?:[CRNLUAP]\s?(?:[=:]|(?:to|if|by|takes|passes|has|confirmar|cambiar|si|hasta|la|pasa)\b)|STOP\s?=)[^\n.?!,;\"”]*"
)
# What stands before them in it: who writes, and about when.
_OWN_HEAD: Final = re.compile(r"^[^\n:]{1,40}: [^\n]*$|\b(?:Reply|Responda)\s*$")
_TITLE: Final = re.compile(r"\b(dr|dra|mr|mrs|ms|sr|sra|lic|st)\.(?=\s?[A-Za-z0-9])", re.IGNORECASE)
_HALF_OF_DAY: Final = re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE)
_APOSTROPHE: Final = re.compile(r"(?<=[^\W_])['\u2019\u2018`\u00b4](?=[^\W_])")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_TOKEN: Final = re.compile(r"[^\W_]+")
_PIECE: Final = re.compile(r"[^\W_]+|[¿?]|[.!;\n…]|[,:\-–—()&/+]", re.UNICODE)  # noqa: RUF001 -- dashes as typed
_DECIMAL: Final = re.compile(r"(?<=\d)[.:](?=\d)")
# "n/a", "y/n", "C/R/N", "A+": no letter of these is an answer, so they become one word.
_JOINED: Final = re.compile(r"\b[a-vx-z](?:\s?/\s?[a-vx-z])+\b|\b[a-f](?=\+)", re.IGNORECASE)

_QUOTED_LETTERS: Final = 2
_LONGEST_SPELLING: Final = max(len(key) for key in SPELLINGS)


class Reaction(StrEnum):
    """A tap on one of our texts instead of a reply."""

    LIKE = "like"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Plain tokens; `breaks` are the places (token counts) with a comma or the like; `asks` marks a question mark."""

    tokens: tuple[str, ...]
    breaks: frozenset[int] = frozenset()
    asks: bool = False

    @property
    def line(self) -> str:
        """The tokens as the phrase patterns see them: single spaces, one at each end."""
        return f" {' '.join(self.tokens)} "

    def parts(self) -> Iterator["Sentence"]:
        """The stretches between commas; only the last one may ask."""
        cuts = [0, *sorted(self.breaks), len(self.tokens)]
        for start, end in pairwise(cuts):
            if start < end:
                yield Sentence(self.tokens[start:end], asks=self.asks and end == len(self.tokens))

    @property
    def spoken(self) -> str:
        """The line without emoji, for phrases that must end where the words do."""
        return f" {' '.join(token for token in self.tokens if token not in EMOJI)} "


@dataclass(frozen=True, slots=True)
class Text:
    """A normalised message. `typed` are its tokens before spellings were mended, in the case they were typed in."""

    sentences: tuple[Sentence, ...]
    typed: tuple[str, ...]
    reaction: Reaction | None = None

    @property
    def tokens(self) -> tuple[str, ...]:
        """All tokens of all sentences."""
        return tuple(token for sentence in self.sentences for token in sentence.tokens)

    @property
    def whole(self) -> Sentence:
        """The message as one sentence, for phrases that people break across lines and full stops."""
        return Sentence(self.tokens, asks=any(sentence.asks for sentence in self.sentences))


def normalise(text: str) -> Text:
    """The sentences of `text`; a tap-back reaction gives no sentences, since its words are ours."""
    raw = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).translate(_DROPPED).strip()
    reaction = _reaction(raw)
    if reaction is not None:
        return Text((), (), reaction)
    own = _without_our_words(_SIGNATURE.sub("", _QUOTED_LINE.sub("", raw)))
    own = _HALF_OF_DAY.sub(r" \1m ", _TITLE.sub(r"\1 ", _APOSTROPHE.sub("", own)))
    own = _JOINED.sub(lambda found: re.sub(r"[\s/]", "", found[0]) + "joined", _DECIMAL.sub("h", own))
    own = "".join(map(named_emoji, own))
    return Text(tuple(_sentences(own)), tuple(_TOKEN.findall(own)))


def plain(token: str) -> str:
    """One token in lower case without accents or stretched letters; "sí" keeps its accent, since "si" is "if"."""
    lower = _STRETCHED.sub(r"\1", token.casefold())
    if lower == "sí" or lower.isascii():
        return lower
    decomposed = unicodedata.normalize("NFKD", lower)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _reaction(raw: str) -> Reaction | None:
    match = _REACTION.match(raw)
    if match is None:
        return None
    word = match.group("word").casefold()
    likes = word.startswith(_LIKING) or any(mark in word for mark in "👍❤")
    likes = likes or (word.startswith("reacted") and any(mark in raw[:16] for mark in "👍❤"))
    return Reaction.LIKE if likes else Reaction.OTHER


def _without_our_words(raw: str) -> str:
    """The text without what it repeats of a text of ours: the letters in that are not theirs."""
    explained = list(_EXPLAINED.finditer(raw))
    if len(explained) < _QUOTED_LETTERS:
        return raw
    head = _OWN_HEAD.sub("", raw[: explained[0].start()])
    return f"{head}\n{raw[explained[-1].end() :]}"


def named_emoji(character: str) -> str:
    """A letter as it is, a picture as the word for what it says."""
    if character in _YES_EMOJI:
        return f" {EMOJI_YES} "
    if character in _NO_EMOJI:
        return f" {EMOJI_NO} "
    if character in _KIND_EMOJI:
        return f" {EMOJI_KIND} "
    return f" {EMOJI_OTHER} " if unicodedata.category(character) in {"So", "Cs", "Co"} else character


def _sentences(text: str) -> Iterator[Sentence]:
    tokens: list[str] = []
    breaks: set[int] = set()
    for piece in _PIECE.findall(text):
        if _TOKEN.match(piece):
            tokens.append(plain(piece))
        elif piece in "¿?.!;\n…":
            if tokens:
                yield _sentence(tokens, breaks, asks=piece == "?")
            tokens, breaks = [], set()
        else:
            breaks.add(len(tokens))
    if tokens:
        yield _sentence(tokens, breaks, asks=False)


def _sentence(tokens: list[str], breaks: set[int], *, asks: bool) -> Sentence:
    mended: list[str] = []
    moved: set[int] = set()
    at = 0
    while at < len(tokens):
        if at in breaks:
            moved.add(len(mended))
        taken, spelling = _mended(tokens, at, SPELLINGS)
        mended.extend(spelling)
        at += taken
    if len(tokens) in breaks:
        moved.add(len(mended))
    return Sentence(tuple(_accented_yes(mended, moved)), frozenset(moved), asks)


def _mended(
    tokens: list[str], at: int, spellings: Mapping[tuple[str, ...], tuple[str, ...]]
) -> tuple[int, tuple[str, ...]]:
    for length in range(min(_LONGEST_SPELLING, len(tokens) - at), 0, -1):
        found = spellings.get(tuple(tokens[at : at + length]))
        if found is not None:
            return length, found
    return 1, (tokens[at],)


def _accented_yes(tokens: list[str], breaks: set[int]) -> Iterator[str]:
    # "Si" before a pause or at the end can only be "sí": a condition would go on.
    for index, word in enumerate(tokens):
        pauses = index + 1 in breaks or index + 1 == len(tokens)
        yield "sí" if word == "si" and pauses else word
