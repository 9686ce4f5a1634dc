"""The policy a new practice begins with. Pure.

Three days before at ten in the morning, so that there is time to change and to fill the time; the day before for those
who have not confirmed. Booked inside that, one notice at once. Features A3, A7 and A8 say why.
"""

from typing import Final

from scheduler.reminders.policy import Channel, Days, Touch, TouchKind

STARTING_TOUCHES: Final = (
    Touch("three_days", Days(3, 10 * 60), Channel.SMS, TouchKind.REMINDER, only_if_unconfirmed=False),
    Touch("day_before", Days(1, 10 * 60), Channel.SMS, TouchKind.REMINDER, only_if_unconfirmed=True),
)
