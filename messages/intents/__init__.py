"""What a client's reply means. Pure: words in, a reading out; acting on it is the conversation's business."""

from messages.intents.reader import only_about_times, read
from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading

__all__ = ["Asked", "Intent", "IntentKind", "Question", "Reading", "only_about_times", "read"]
