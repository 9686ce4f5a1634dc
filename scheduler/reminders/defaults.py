"""The reminder policy a practice starts with, until it makes its own. Pure.

One text while the fee deadline is still far enough away to change plans, one on the day before for those who have not
confirmed: who has said "I'm coming" is left in peace (features A8). Within the caps of one a day and three a week even
for somebody who comes weekly. Invariant: it passes `parse_policy`.
"""

from typing import Final

from scheduler.reminders.policy import Channel, Days, Touch

TEN_O_CLOCK: Final = 10 * 60

DEFAULT_TOUCHES: Final = (
    Touch("three_days_before", Days(3, TEN_O_CLOCK), Channel.SMS),
    Touch("day_before", Days(1, TEN_O_CLOCK), Channel.SMS, only_if_unconfirmed=True),
)
