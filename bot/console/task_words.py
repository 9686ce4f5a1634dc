"""What each sort of task is called in the inbox: its heading, what it means, its drawing and tone. Words only.

Invariant: every kind of task has its words.
"""

from dataclasses import dataclass
from typing import Final

from messages.tasks import TaskKind


@dataclass(frozen=True, slots=True)
class TaskWords:
    """`what` is a heading; `meaning` says what happened and what is wanted."""

    what: str
    meaning: str
    drawing: str
    tone: str = ""


TASK_WORDS: Final[dict[TaskKind, TaskWords]] = {
    TaskKind.CRISIS: TaskWords(
        "May be in distress",
        "The approved notice with emergency numbers was sent once. Call them, then write down that you are on it.",
        "life-buoy",
        "urgent",
    ),
    TaskKind.UNDELIVERABLE: TaskWords(
        "Not delivered", "A message did not arrive. Call or use another way.", "triangle-alert", "urgent"
    ),
    TaskKind.OPTED_OUT: TaskWords(
        "Texts stopped",
        "They opted out with a word that may have meant the visit. Texting is over; call or email to be sure.",
        "circle-slash",
        "attention",
    ),
    TaskKind.WRONG_NUMBER: TaskWords(
        "Not the client's number",
        "Whoever has this number says it is not theirs. Nothing is sent there until a person has checked it.",
        "phone",
        "attention",
    ),
    TaskKind.NO_CHANNEL: TaskWords(
        "Cannot be reached",
        "No number or address may be used for reminders. Ask for consent, or call.",
        "phone",
        "attention",
    ),
    TaskKind.CALL: TaskWords("Call", "This cannot be settled by text.", "phone", "attention"),
    TaskKind.SENDING_TROUBLE: TaskWords(
        "Sending is in trouble",
        "Messages are waiting longer than they should. The settings page says what is wrong.",
        "clock-alert",
        "urgent",
    ),
    TaskKind.SENDING_PAUSED: TaskWords(
        "Reminders are paused",
        "Far more texts than usual came due, or the clock moved. None leaves until a person has looked.",
        "clock-alert",
        "urgent",
    ),
    TaskKind.NUMBER_FAILS: TaskWords(
        "Texts do not get through",
        "The phone company does not deliver to this number. It was said another way; ask for a better number.",
        "phone",
        "attention",
    ),
    TaskKind.OFFER_YES: TaskWords(
        "Said yes to a freed time",
        "The time is kept for an hour for who said it first. Book it or pass it on, on the Waitlist page.",
        "hand",
        "attention",
    ),
    TaskKind.WEEKLY_MISSED: TaskWords(
        "Misses their weekly time",
        "Nothing was taken from them. A call may help most. Freeing it cancels the visits ahead, tells them so with a"
        " way to a new time, and offers the weekly time to those who wait for one.",
        "user-x",
        "attention",
    ),
    TaskKind.REPLY: TaskWords("Replied", "They were told that a person will look at it.", "message-square"),
    TaskKind.NOT_UNDERSTOOD: TaskWords(
        "Not understood", "They were told that a person will look at it.", "message-square-text"
    ),
    TaskKind.MEDIA: TaskWords(
        "Sent a picture or file", "Pictures are not opened here. Call if you need to know.", "eye"
    ),
}
UNTOLD: Final = "They could not be told in writing about this visit. Call them."
UNTOLD_CANCELLED: Final = "They do not know yet that we had to cancel: nothing could be sent. Call them."
"""What a call is for that no text of theirs asked for."""
