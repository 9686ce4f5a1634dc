"""`stillon lint-text`: may these words stand on a client's lock screen? JSON lines in, JSON lines out.

Each line is {"id", "text"} with, if it is to be judged as a template, "kind" (a key such as "reminder"), "lang" and
"country"; or with "as": "label" (the name a practice signs with), "host" (of its links), "subject" or "title" (of an
email or a calendar entry). Each answer is {"id", "ok", "problems": [{"code", "what", "sentence"}]}.
Invariant: what is refused here is what the console refuses.
"""

from typing import Any

from bot.commands.json_lines import BadLineError, answer_lines, words_of
from messages.kinds import Country, Kind
from messages.wording import WordingProblem, lint_host, lint_label, lint_words, validate_wording


def lint_text() -> None:
    """Look for words that disclose, for carrier keywords and for what makes texts dear, in JSON lines."""
    answer_lines(_lint)


def _lint(line: dict[str, Any]) -> dict[str, Any]:
    problems = _problems(line, words_of(line))
    found = [{"code": each.code.value, "what": each.what, "sentence": each.sentence} for each in problems]
    return {"ok": not found, "problems": found}


def _problems(line: dict[str, Any], text: str) -> list[WordingProblem]:
    match line.get("as", "template" if line.get("kind") else "text"):
        case "label":
            return lint_label(text)
        case "host":
            return lint_host(text)
        case "text" | "subject" | "title":
            return lint_words(text)
        case "template":
            return validate_wording(_kind(line), text, str(line.get("lang") or "en"), country=_country(line))
        case _:
            raise BadLineError("“as” must be template, text, label, host, subject or title.")


def _kind(line: dict[str, Any]) -> Kind:
    try:
        return Kind(line["kind"])
    except (KeyError, ValueError):
        raise BadLineError("“kind” is not one of our kinds of text.") from None


def _country(line: dict[str, Any]) -> Country:
    try:
        return Country(line.get("country") or "US")
    except ValueError:
        raise BadLineError("“country” must be US, CA, GB, AU or ZZ.") from None
