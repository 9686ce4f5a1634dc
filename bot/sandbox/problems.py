"""How does Twilio say no?

The errors this carrier can answer with, as data. Messages are written as Twilio writes them, numbers included, since
a caller must cope with that. Invariant: one Problem, one HTTP status, one code.
"""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal: HTTP status, Twilio's code, and its words."""

    status: int
    code: int
    message: str


UNAUTHENTICATED = Problem(401, 20003, "Authenticate")
UNAVAILABLE = Problem(503, 20503, "Service unavailable")
TOO_MANY = Problem(429, 20429, "Too Many Requests")
IN_PROGRESS = Problem(409, 20009, "Cannot change or delete message because delivery has not been completed.")
NOT_CANCELABLE = Problem(409, 30409, "Message cannot be canceled: it has left the queue.")
BODY_NOT_EMPTY = Problem(400, 20001, "Body can only be set to an empty string.")
STATUS_NOT_CANCELED = Problem(400, 20001, "Status can only be set to 'canceled'.")
OPTED_OUT = Problem(400, 21610, "Attempt to send to unsubscribed recipient")
NO_BODY = Problem(400, 21602, "Message body is required.")
NO_SENDER = Problem(400, 21603, "A 'From' phone number is required.")
BAD_CONTENT = Problem(400, 21655, "The ContentSid is Invalid.")
BAD_CONTENT_VARIABLES = Problem(400, 21656, "The ContentVariables are Invalid.")
NO_TO = Problem(400, 21604, "A 'To' phone number is required.")
TOO_LONG = Problem(400, 21617, "The concatenated message body exceeds the 1600 character limit")
QUEUE_FULL = Problem(429, 21611, "This 'From' number has exceeded the maximum number of queued messages")
BAD_CALLBACK = Problem(400, 21609, "The 'StatusCallback' URL is not a valid URL.")
BAD_VALIDITY = Problem(400, 20001, "ValidityPeriod must be a whole number from 1 to 36000.")
BAD_SEND_AT = Problem(400, 35114, "SendAt must be an ISO 8601 time in UTC.")
NO_SERVICE_TO_SCHEDULE = Problem(400, 35118, "MessagingServiceSid is required to schedule a message.")


_STATUS_OF = {20003: 401, 20429: 429, 21611: 429}


def of_code(code: int) -> Problem:
    """A refusal with this code, whatever it means."""
    return Problem(_STATUS_OF.get(code, 400), code, "The message could not be created.")


def not_found(path: str) -> Problem:
    """There is no such resource, or it belongs to another account."""
    return Problem(404, 20404, f"The requested resource {path} was not found")


def invalid_to(number: str) -> Problem:
    """The recipient's number is no phone number."""
    return Problem(400, 21211, f"Invalid 'To' Phone Number: {number}")


def not_mobile(number: str) -> Problem:
    """The recipient's number cannot take texts."""
    return Problem(400, 21614, f"'To' number is not a valid mobile number: {number}")


def not_our_sender(number: str) -> Problem:
    """The sending number is none of this account's."""
    message = f"The 'From' phone number {number} is not a valid, SMS-capable inbound phone number for your account."
    return Problem(400, 21606, message)


def mixed_channels(to: str, sender: str) -> Problem:
    """One of the two numbers is WhatsApp's and the other is not."""
    return Problem(400, 21910, f"Invalid From and To pair. From and To should be of the same channel: {sender} {to}")


def same_numbers(number: str) -> Problem:
    """A number cannot text itself."""
    return Problem(400, 21266, f"'To' and 'From' number cannot be the same: {number}")


def answer(problem: Problem, *, as_problem_json: bool = False, retry_after: int | None = None) -> web.Response:
    """The refusal as Twilio's classic JSON, or as an RFC 9457 document."""
    more = f"https://www.twilio.com/docs/errors/{problem.code}"
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if as_problem_json:
        body = {"type": more, "title": problem.message, "status": problem.status, "code": problem.code}
        return web.json_response(body, status=problem.status, headers=headers, content_type="application/problem+json")
    body = {"code": problem.code, "message": problem.message, "more_info": more, "status": problem.status}
    return web.json_response(body, status=problem.status, headers=headers)
