"""What did the practice's webhook answer to an inbound text?

Only the part of TwiML that concerns texts: `<Response>` with any number of `<Message>`. Invariant: an answer that
cannot be understood becomes one of Twilio's error codes, never an exception.
"""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

INVALID_XML = 12100
INVALID_CONTENT_TYPE = 12300


@dataclass(frozen=True, slots=True)
class Reply:
    """One text the webhook asked for; `to` and `sender` default to the two ends of the inbound text."""

    body: str
    to: str | None = None
    sender: str | None = None
    callback: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The replies asked for, or the error code of an answer that made no sense."""

    replies: tuple[Reply, ...] = ()
    error_code: int | None = None


def read_answer(content_type: str, body: str) -> Answer:
    """Read a webhook's answer: XML is TwiML, plain text is itself one reply, nothing at all is no reply."""
    if not body.strip():
        return Answer()
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/plain":
        return Answer((Reply(body),))
    if kind not in {"text/xml", "application/xml", "text/html"}:
        return Answer(error_code=INVALID_CONTENT_TYPE)
    return _read_xml(body)


def _read_xml(body: str) -> Answer:
    # A document type is where entity bombs live, and TwiML has none: refused unread, which makes the parser safe.
    if "<!" in body:
        return Answer(error_code=INVALID_XML)
    try:
        root = ET.fromstring(body)  # noqa: S314 - see above
    except ET.ParseError:
        return Answer(error_code=INVALID_XML)
    if root.tag != "Response":
        return Answer(error_code=INVALID_XML)
    return Answer(tuple(_reply(verb) for verb in root.iter("Message")))


def _reply(verb: ET.Element) -> Reply:
    nested = verb.find("Body")
    text = (nested if nested is not None else verb).text or ""
    return Reply(text, verb.get("to"), verb.get("from"), verb.get("statusCallback") or verb.get("action"))
