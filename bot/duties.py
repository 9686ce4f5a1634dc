"""What the worker does, in the order of its rounds: people who wait for an answer first, planned work last.

Invariant: each duty finds its work in the record and may be killed at any point.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from bot.alarms.conditions import Patience
from bot.alarms.heart import Heart, worker_name
from bot.alerts import alert_due
from bot.conversation import due as conversation
from bot.settings import Settings
from bot.worker import Named
from messages import consent, consent_store
from messages.brake import Brake
from messages.channels.base import Channel as Way
from messages.clock_back import bring_back
from messages.clock_watch import ClockWatch
from messages.gap_repair import GapRepair
from messages.kinds import Channel
from messages.limits import Limits
from messages.overdue import Overdue
from messages.redact import Redactor
from messages.send_store import PRESSING
from messages.settle import Settler
from messages.spread import Spreader
from messages.transmit import Transmitter
from scheduler.core.actor import WORKER
from scheduler.core.bell import Work
from scheduler.core.record import Record
from scheduler.series_due import go_on_with_series
from waitlist.due import do_due
from waitlist.tidy import tidy

EVERY_MINUTE, EVERY_FIVE_MINUTES, EVERY_HOUR = 60, 300, 3600
EVERY_OTHER_SECOND, EVERY_TWENTY_SECONDS = 2, 20
TALK, PRESS, SEND, SETTLE, TIDY = "talk", "press", "send", "settle", "tidy"
ANSWERS_AT_ONCE = 32


def duties(settings: Settings, record: Record, ways: Mapping[Channel, Way]) -> list[Named]:
    """All duties of one worker."""
    limits = Limits(
        http_timeout=settings.http_timeout_seconds, lease=settings.lease_seconds, settle=settings.settle_seconds
    )
    name = worker_name()
    watch = ClockWatch(record.clock)
    sending = partial(Transmitter, record, ways, worker=name, public_url=settings.public_url)
    wave = sending(limits, watch=watch)
    answers = sending(replace(limits, in_flight=ANSWERS_AT_ONCE), below=PRESSING)
    heart = Heart(
        record,
        every=Patience(settings.silence_seconds).look,
        silent_since=lambda: min([*wave.silent_since.values(), *answers.silent_since.values()], default=None),
    )
    settler = Settler(record, ways, limits)
    found = [
        Named("answer", partial(conversation.do_due, record), TALK, on=Work.TEXTS),
        Named("stops", partial(_acknowledge_stops, record), TALK, on=Work.TEXTS),
        Named("waitlist", partial(_waitlist, record), TALK),
        Named("brake", Brake(record, watch).run, SEND, on=Work.PLANNED),  # before anything planned may leave
        Named("transmit", partial(_begin, wave), SEND, on=Work.PLANNED, finish=wave.finish),
        Named("answers", partial(_begin, answers), PRESS, on=Work.ANSWERS, finish=answers.finish),
        Named("settle", settler.run, SETTLE),
        Named("spread", Spreader(record).run, TIDY, every=EVERY_FIVE_MINUTES),
        Named("clock_back", partial(bring_back, record, limits=limits), SETTLE, every=EVERY_MINUTE),
        Named("alerts", partial(alert_due, record, fallback=settings.alert_email), TALK),
        Named("redact", Redactor(record, ways, erase=settings.redact_bodies).run, TIDY, every=EVERY_OTHER_SECOND),
        Named("overdue", Overdue(record, partial(_silent, wave, answers)).run, TIDY, every=EVERY_TWENTY_SECONDS),
        Named("waitlist_tidy", partial(tidy, record), TIDY, every=EVERY_HOUR),
        Named("series", partial(go_on_with_series, record), SETTLE, every=EVERY_HOUR),
        Named("sizes", partial(_learn_sizes, record), SETTLE, every=EVERY_HOUR),
    ]
    if Channel.SMS in ways:
        repair = GapRepair(record, ways[Channel.SMS], ways.get(Channel.WHATSAPP))
        found.append(Named("gap_repair", repair.run, SETTLE, every=EVERY_FIVE_MINUTES))
    return heart.within(found)


def _silent(*transmitters: Transmitter) -> Mapping[Channel, float]:
    """The channels that one of them finds silent, each since the earliest moment."""
    found: dict[Channel, float] = {}
    for transmitter in transmitters:
        for channel, since in transmitter.silent_since.items():
            found[channel] = min(since, found.get(channel, since))
    return found


async def _acknowledge_stops(record: Record, practice_id: str) -> int:
    async with record.read(practice_id) as r:
        if not await consent_store.unacknowledged(r):
            return 0
    async with record.write(practice_id, WORKER) as tx:
        return await consent.acknowledge_stops(tx)


async def _waitlist(record: Record, practice_id: str) -> int:
    done = await do_due(record, practice_id)
    return done.expired + done.waves


async def _begin(transmitter: Transmitter, practice_id: str) -> int:
    return (await transmitter.begin(practice_id)).done


async def _learn_sizes(record: Record, _practice_id: str) -> int:
    await record.engines.learn_sizes()
    return 0
