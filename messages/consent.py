"""May this address be written to: consent given or withdrawn, STOP said, START said.

STOP belongs to the address, for the whole practice; which channels it ends is opt_out_scope.py's. It takes effect in
the transaction that hears it: what waits is cancelled, what is about to be posted is recalled. It is acknowledged once
nothing can be on its way any more. Invariant: after a stop is acknowledged, nothing leaves to that address on that
channel.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from messages import consent_store as store
from messages import links, outbox
from messages.consent_store import OptOut
from messages.crash_points import reach
from messages.kinds import Channel, Kind
from messages.opt_out_scope import TEXTS, Scope, resumed_by, scope_of
from messages.particulars import Particulars
from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.bell import Work
from scheduler.core.record import Reading, Tx
from scheduler.core.vault import Where
from scheduler.events import ContactChanged, NumberStopped
from scheduler.people import store as people

# Attempts end within the HTTP timeout of 8 seconds; a stop is acknowledged then at the latest (reliability.md 3.7).
DRAIN: Final = timedelta(seconds=8)
# The one confirmation is presumed lawful for five minutes (47 CFR 64.1200(a)(12)).
CONFIRM_WITHIN: Final = timedelta(minutes=5)


class StopSource(StrEnum):
    """How we learnt that an address wants no more."""

    KEYWORD = "keyword"
    CARRIER = "carrier"
    FREE_TEXT = "free_text"
    LINK = "link"
    STAFF = "staff"
    WITH_ANOTHER = "with_another"
    """Said on another channel; by the rule of that day it ended this one as well."""


_NOT_SAID_THERE: Final = frozenset({StopSource.STAFF, StopSource.WITH_ANOTHER})


@dataclass(frozen=True, slots=True)
class Stopped:
    """The address is opted out. `again`: it had been, and nothing new follows from it."""

    again: bool


@dataclass(frozen=True, slots=True)
class Started:
    """The address may be written to again. `again`: it was not opted out."""

    again: bool


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The address said START before it was opted out: the newer word stands."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """How a stop came to us: by which text, if by one, and when it was said, if not now."""

    source: StopSource
    inbound_id: str | None = None
    said_at: datetime | None = None


async def stop(
    tx: Tx,
    address: str,
    channel: Channel,
    source: StopSource,
    inbound_id: str | None = None,
    *,
    said_at: datetime | None = None,
) -> Stopped:
    """Opt an address (E.164, or a mail address) out, at once and whatever is under way.

    `said_at` is when it was said, if not now: a START from between then and now is the newer word.
    """
    heard = _Heard(source, inbound_id, said_at)
    return await _stop(tx, outbox.address_ix(tx, address, channel), channel, heard)


async def stop_contact(tx: Tx, contact_point_id: str, channel: Channel, source: StopSource) -> Stopped:
    """Opt the address of a contact point out: from a preferences page, or because staff were asked to.

    Raises:
        NotFound: no such contact point.
    """
    owner = await outbox.owner_of(tx, contact_point_id)
    return await _stop(tx, owner.address_ix, channel, _Heard(source))


async def stop_address_ix(
    tx: Tx, address_ix: bytes, channel: Channel, source: StopSource, *, alone: bool = False
) -> Stopped:
    """Opt out an address known by its blind index: the carrier refused it as opted out.

    `alone`: the person has blocked us on this channel, which says nothing of others.
    """
    stop_it = _stop_channel if alone else _stop
    return await stop_it(tx, address_ix, channel, _Heard(source))


async def _stop(tx: Tx, address_ix: bytes, channel: Channel, heard: _Heard) -> Stopped:
    """End what the rule of today says such a stop ends; how it stood on the channel it was heard on."""
    scope = await _scope(tx, channel)
    stopped = await _stop_channel(tx, address_ix, channel, heard)
    for other in sorted(scope.ends - {channel}):
        await _stop_channel(tx, address_ix, other, replace(heard, source=StopSource.WITH_ANOTHER))
    return stopped


async def _scope(tx: Tx, channel: Channel) -> Scope:
    practice = await people.practice(tx)
    return scope_of(channel, local_day(tx.now, zone_of(practice.zone)), practice.region)


async def _stop_channel(tx: Tx, address_ix: bytes, channel: Channel, heard: _Heard) -> Stopped:
    before = await store.opt_out_of(tx, address_ix, channel.value)
    if before is not None and before.stopped:
        await store.stopped_again(tx, address_ix, channel.value, heard.said_at or tx.now)
        return Stopped(again=True)
    await store.set_stopped(
        tx, address_ix, channel.value, stopped=True, source=heard.source.value, inbound_id=heard.inbound_id
    )
    await outbox.cancel_for_address(tx, address_ix, channel, "opted_out")
    if channel is Channel.SMS:
        await links.revoke_for(tx, address_ix=address_ix)
    tx.note(
        "address.stopped",
        "address",
        _named(address_ix),
        channel=channel.value,
        source=heard.source.value,
        inbound_id=heard.inbound_id,
    )
    tx.emit(NumberStopped(address_ix.hex(), channel.value))
    await _tell_clients(tx, address_ix)
    tx.wake(Work.TEXTS)
    reach("stop.recorded")
    return Stopped(again=False)


async def start(
    tx: Tx, address: str, channel: Channel, inbound_id: str | None = None, *, said_at: datetime | None = None
) -> Started | Overtaken:
    """Take an opt-out back: the person wrote START. Consents are as they were.

    What a STOP on this channel ended on others comes back with it, as far as opt_out_scope.py says; a STOP that was
    said on another channel stands.

    `said_at` is when it was written, if not now: a text may be read hours late (inbound.repair), and what was said
    before a STOP does not take it back.
    """
    address_ix = outbox.address_ix(tx, address, channel)
    before = await store.opt_out_of(tx, address_ix, channel.value)
    if before is None or not before.stopped:
        return Started(again=True)
    if said_at is not None and said_at < before.at:
        return Overtaken()
    await _start_channel(tx, address_ix, channel, inbound_id)
    if before.source != StopSource.WITH_ANOTHER:
        for other in await _ended_with(tx, address_ix, channel):
            await _start_channel(tx, address_ix, other, inbound_id)
    await _tell_clients(tx, address_ix)
    return Started(again=False)


async def _start_channel(tx: Tx, address_ix: bytes, channel: Channel, inbound_id: str | None) -> None:
    await store.set_stopped(tx, address_ix, channel.value, stopped=False, source="keyword", inbound_id=inbound_id)
    tx.note("address.started", "address", _named(address_ix), channel=channel.value, inbound_id=inbound_id)


async def _ended_with(tx: Tx, address_ix: bytes, channel: Channel) -> list[Channel]:
    """What the STOP on this channel ended beside it, and a START there begins again."""
    practice = await people.practice(tx)
    resumed = resumed_by(channel, local_day(tx.now, zone_of(practice.zone))) - {channel}
    ended = await store.opt_outs_at(tx, address_ix)
    found = (Channel(each.channel) for each in ended if each.stopped and each.source == StopSource.WITH_ANOTHER)
    return sorted(each for each in found if each in resumed)


async def is_stopped(r: Reading, address_ix: bytes, channel: Channel) -> bool:
    """Whether the address is opted out on the channel."""
    found = await store.opt_out_of(r, address_ix, channel.value)
    return found is not None and found.stopped


async def has_stopped(r: Reading, address_ix: bytes, channel: Channel, *, by: datetime) -> bool:
    """Whether whoever has the address opted out there themselves, and had `by` an instant: a bare YES takes that back.

    What staff recorded, or was said on another channel, does not end by a yes to something else; it takes START.
    """
    found = await store.opt_out_of(r, address_ix, channel.value)
    return found is not None and found.stopped and found.source not in _NOT_SAID_THERE and found.at <= by


async def acknowledge_stops(tx: Tx) -> int:
    """Acknowledge the stops whose addresses have nothing on the way any more; returns how many were said.

    For the worker, at every round. Where the practice answers STOP itself, the single confirmation follows, if it can
    still leave within its five minutes.
    """
    waiting = await store.unacknowledged(tx)
    if not waiting:
        return 0
    await store.hold_sending(tx)
    done = [each for each in waiting if await _acknowledge(tx, each)]
    return sum(each.source != StopSource.WITH_ANOTHER for each in done)


async def _acknowledge(tx: Tx, stopped: OptOut) -> bool:
    on_the_way = await store.on_the_way(tx, stopped.address_ix, stopped.channel)
    if on_the_way and tx.now - stopped.at < DRAIN:
        return False
    if not await store.set_acknowledged(tx, stopped.address_ix, stopped.channel):
        return False
    tx.note("address.stop_acknowledged", "address", _named(stopped.address_ix), channel=stopped.channel)
    if stopped.channel in TEXTS and await _confirms(tx, stopped):
        await _confirm(tx, stopped)
    reach("stop.acknowledged")
    return True


async def _confirms(tx: Tx, stopped: OptOut) -> bool:
    """Whether we confirm: the carrier does not, the person asked by text or link, and it is not late.

    On WhatsApp the carrier never does. What ended along with another channel was confirmed there.
    """
    asked = stopped.source in {StopSource.KEYWORD, StopSource.FREE_TEXT, StopSource.LINK}
    ours = stopped.channel == Channel.WHATSAPP or (await people.practice(tx)).stop_mode == "ours"
    return asked and ours and tx.now - stopped.at <= CONFIRM_WITHIN


async def _confirm(tx: Tx, stopped: OptOut) -> None:
    address = await _address_of(tx, stopped)
    if address is None:
        return
    kind = Kind.OPT_OUT_BY_LINK if stopped.source == StopSource.LINK else Kind.STOP_CONFIRMED
    await outbox.enqueue(
        tx,
        outbox.Draft(
            kind=kind,
            channel=Channel(stopped.channel),
            to=outbox.Address(address),
            dedupe=f"stop:{_named(stopped.address_ix)}:{stopped.at.isoformat()}",
            fields=Particulars(language=await _language_at(tx, stopped.address_ix)),
            useful_until=stopped.at + CONFIRM_WITHIN,
        ),
    )


async def _language_at(tx: Tx, address_ix: bytes) -> str | None:
    """The language everybody at the address is written to in; None where they differ or nobody has said."""
    known = await people.clients(tx, [point.client_id for point in await people.contact_points_at(tx, address_ix)])
    languages = {client.language for client in known.values()}
    return languages.pop() if len(languages) == 1 else None


async def _address_of(tx: Tx, stopped: OptOut) -> str | None:
    """The address itself: a blind index cannot be written to, so it comes from a contact point or from the text."""
    on_file = await people.contact_points_at(tx, stopped.address_ix)
    if on_file:
        return on_file[0].value
    text = await store.newest_text_from(tx, stopped.address_ix)
    if text is None:
        return None
    box = await people.box_of_practice(tx)
    return box.open(Where(tx.practice_id, "inbound", text.inbound_id, "from_ct"), text.from_ct)


def _named(address_ix: bytes) -> str:
    """How audit entries and keys name an address without knowing it."""
    return address_ix.hex()[:32]


async def _tell_clients(tx: Tx, address_ix: bytes) -> None:
    for client_id in await store.clients_at(tx, address_ix):
        tx.emit(ContactChanged(client_id))


# --- consent ----------------------------------------------------------------------------------------------------


async def grant(
    tx: Tx,
    contact_point_id: str,
    channel: Channel,
    purpose: str,
    *,
    wording: str,
    how: str,
    language: str | None = None,
) -> None:
    """Record that the person agreed: to which channel and purpose (reminders | waitlist), to which wording, and how.

    Raises:
        NotFound: no such contact point.
    """
    await _record(tx, contact_point_id, channel, purpose, granted=True, wording=wording, how=how, language=language)


async def withdraw(tx: Tx, contact_point_id: str, channel: Channel, purpose: str, *, wording: str, how: str) -> None:
    """Record that the person no longer agrees to one purpose; a STOP is `stop`.

    Raises:
        NotFound: no such contact point.
    """
    await _record(tx, contact_point_id, channel, purpose, granted=False, wording=wording, how=how, language=None)


async def _record(
    tx: Tx,
    contact_point_id: str,
    channel: Channel,
    purpose: str,
    *,
    granted: bool,
    wording: str,
    how: str,
    language: str | None,
) -> None:
    owner = await outbox.owner_of(tx, contact_point_id)
    consent_id = tx.new_id()
    row = {
        "id": consent_id,
        "contact_point_id": contact_point_id,
        "channel": channel.value,
        "purpose": purpose,
        "granted": granted,
        "wording": wording,
        "how": how,
        "by_id": tx.actor.id,
        "language": language,
    }
    await store.add_consent(tx, row)
    verb = "consent.granted" if granted else "consent.withdrawn"
    tx.note(verb, "consent", consent_id, channel=channel.value, purpose=purpose, contact_point_id=contact_point_id)
    tx.emit(ContactChanged(owner.client_id))
