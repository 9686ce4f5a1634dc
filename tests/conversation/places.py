"""Where a conversation goes on besides texts: a call at the local carrier, and the page behind a link."""

import html
import re
from dataclasses import dataclass, field

from bot.sandbox import calls
from bot.sandbox.call import Call
from messages import links
from messages.consent import grant
from messages.kinds import Channel, Kind
from messages.outbox import Draft, enqueue
from scheduler.appointments import store as appointments
from scheduler.core.actor import OPERATOR
from scheduler.people import store as people
from tests.conversation.line import OnTheLine


@dataclass
class Ringing:
    """A call about a visit; what was heard since it was last listened to."""

    line: OnTheLine
    _heard: int = 0

    @property
    def call(self) -> Call:
        return list(self.line.exchange.carrier.calls.values())[-1]

    async def about(self, client_id: str, participation_id: str) -> None:
        async with self.line.record.write(self.line.practice, OPERATOR) as tx:
            (point,) = [each for each in await people.contact_points(tx, client_id) if each.kind == "phone"]
            await grant(tx, point.id, Channel.VOICE, "reminders", wording="test", how="form")
            visit = await appointments.visit(tx, participation_id)
            draft = Draft(
                kind=Kind.REMINDER, channel=Channel.VOICE, to=point.id, dedupe=f"call:{participation_id}",
                participation_id=participation_id, revision=visit.revision,
            )  # fmt: skip
            assert await enqueue(tx, draft)
        await self.line.work()
        self._heard = 0

    async def answer(self, by: str) -> None:
        await calls.answer(self.line.exchange.carrier, self.call, by="machine_end_beep" if by == "machine" else by)

    async def press(self, digit: str) -> None:
        await calls.press(self.line.exchange.carrier, self.call, digit)
        await self.line.work()

    def unread(self) -> list[str]:
        """Each thing said once, however often the carrier repeats it."""
        said = [words for who, words in self.call.heard if who == "practice"]
        new, self._heard = said[self._heard :], len(said)
        return list(dict.fromkeys(new))


@dataclass
class Page:
    """The page behind a link, in a browser without script."""

    line: OnTheLine
    _address: str = ""
    _said: list[str] = field(default_factory=list)

    async def open(self, client_id: str, participation_id: str) -> None:
        async with self.line.record.write(self.line.practice, OPERATOR) as tx:
            (point,) = [each for each in await people.contact_points(tx, client_id) if each.kind == "phone"]
            visit = await appointments.visit(tx, participation_id)
            made = await links.make(
                tx,
                links.Purpose.VISIT,
                client_id=client_id,
                contact_point_id=point.id,
                participation_id=participation_id,
                revision=visit.revision,
                expires_at=visit.starts_at,
            )
        self._address = f"{links.path_of(made.token)}/chat"

    async def write(self, words: str) -> None:
        """Open the page, write, and read what it says; it may lead on to another address."""
        root, session = f"http://127.0.0.1:{self.line.exchange.service.port}", self.line.exchange.session
        async with session.get(root + self._address) as shown:
            nonce = re.search(r'name="nonce" value="(\w+)"', await shown.text())
        assert nonce is not None
        async with session.post(root + self._address, data={"nonce": nonce.group(1), "words": words}) as answer:
            assert answer.status == 200
            page = await answer.text()
        self._said += [html.unescape(each) for each in re.findall(r'class="chat-theirs"[^>]*>([^<]+)<', page)]
        goes_on = re.search(r'action="(/l/\w+/chat)"', page)
        self._address = goes_on.group(1) if goes_on else self._address
        await self.line.work()

    def unread(self) -> list[str]:
        new, self._said = self._said, []
        return new
