"""Conversations as files: who says what, and exactly what comes back. Read here, and played on a real line.

A file has many conversations, each with a practice of its own, at ten on a Wednesday morning in New York:

    == Cannot come, late
    . client ana language=en
    . visit ana 03-04 15:00
    . remind ana
    < Lee Office: visit Wed, Mar 4, 3:00 PM. ...
    > im so sorry my kid is sick cant make it today
    < Lee Office: thank you for telling us. ...
    . upcoming ana none

`>` is said by the client, `<` is all that comes to their phone, in order, before the next line that is not `<`.
`bo>` and `bo<` are another phone's, `wa>` and `wa<` the first client's WhatsApp, `call>` and `call<` keys and words of
a call, `page>` and `page<` what is written on the page behind a link and what it says. A line that begins with a dot
makes something happen, or looks at the record. Under `>` nothing but `<` may come: a text that is not written down
fails the conversation, and so does one that is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from messages.consent import grant
from messages.kinds import Channel
from scheduler.actions.cancel import cancel
from scheduler.actions.clients import NewContact, add_client, add_contact_point
from scheduler.core.actor import OPERATOR
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields
from tests.conversation.line import OnTheLine
from tests.conversation.places import Page, Ringing
from tests.conversation.scene import FRONT, NAMES

FOLDER: Final = Path(__file__).parent / "transcripts"
FIRST: Final = "ana"


@dataclass(frozen=True)
class Line:
    """One line of a conversation."""

    number: int
    mark: str
    who: str
    words: str


@dataclass(frozen=True)
class Conversation:
    """A conversation as written. `practice`: fields of its practice that differ."""

    file: str
    title: str
    lines: tuple[Line, ...]
    practice: dict[str, Any] = field(default_factory=dict)


def conversations(file: Path) -> list[Conversation]:
    """What a file holds."""
    found: list[Conversation] = []
    title, lines, practice = "", [], {}
    for number, raw in enumerate([*file.read_text("utf-8").splitlines(), "== end"], start=1):
        text = raw.strip()
        if text.startswith("=="):
            if title:
                found.append(Conversation(file.name, title, tuple(lines), practice))
            title, lines, practice = text.removeprefix("==").strip(), [], {}
        elif text.startswith(". practice "):
            practice = dict(_named(text.split()[2:]))
        elif text and not text.startswith("#"):
            lines.append(_line(number, text))
    return found


def _line(number: int, text: str) -> Line:
    if text.startswith("."):
        return Line(number, ".", "", text[1:].strip())
    first, _, rest = text.partition(" ")
    if first[-1] not in "<>":
        raise ValueError(f"line {number}: {text}")
    return Line(number, first[-1], first[:-1] or FIRST, rest.strip())


def _named(words: list[str]) -> Iterator[tuple[str, Any]]:
    for word in words:
        name, _, value = word.partition("=")
        yield name, int(value) if value.isdigit() else value.replace("_", " ")


class Played:
    """One conversation being played."""

    def __init__(self, line: OnTheLine, conversation: Conversation) -> None:
        self.line = line
        self.script = conversation
        self.clients: dict[str, str] = {}
        self.numbers: dict[str, str] = {}
        self.visits: dict[str, list[str]] = {}
        self.ringing = Ringing(line)
        self.page = Page(line)

    async def play(self) -> None:
        """Play it to its end.

        Raises:
            AssertionError: something else was said than is written; shows the line and both.
        """
        expected: list[str] = []
        last = Line(0, ".", "", "")
        for each in (*self.script.lines, Line(0, ".", "", "end")):
            if each.mark == "<":
                expected.append(f"{each.who}< {each.words}")
                continue
            await self._nothing_else(last, expected)
            expected, last = [], each
            await self._step(each)

    async def _nothing_else(self, last: Line, expected: list[str]) -> None:
        came = [f"{who}< {text}" for who in self.numbers for text in await self._unread(who)]
        where = f"{self.script.file}:{last.number} {self.script.title}: after `{last.mark} {last.words}`"
        assert sorted(came) == sorted(expected), "\n".join([where, "came:", *came, "written:", *expected])

    async def _unread(self, who: str) -> list[str]:
        if who in {"call", "page"}:
            return (self.ringing if who == "call" else self.page).unread()
        shared = [other for other in self.numbers if self.numbers[other] == self.numbers[who]]
        return await self.line.shown(self.numbers[who]) if shared[0] == who else []

    async def _step(self, line: Line) -> None:
        if line.mark == ">":
            self.line.pass_time(seconds=20)
            await self._says(line.who, line.words)
            return
        word, *rest = line.words.split()
        try:
            await getattr(self, f"do_{word}")(*rest)
        except AssertionError as wrong:
            raise AssertionError(
                f"{self.script.file}:{line.number} {self.script.title}: {line.words}: {wrong}"
            ) from None

    async def _says(self, who: str, words: str) -> None:
        if who == "call":
            await self.ringing.press(words)
        elif who == "page":
            await self.page.write(words)
        else:
            await self.line.text(self.numbers[who], words)

    # --- what a line with a dot can be ------------------------------------------------------------------------------

    async def do_client(self, who: str, *given: str) -> None:
        """Somebody new: `phone=bo` shares a phone, `role=guardian`, `language=es`, `no=reminders,waitlist`."""
        said = dict(_named(list(given)))
        place = len(self.clients)
        number = self.numbers.get(str(said.get("phone")), f"+1202555{1000 + place}")
        first, last = NAMES[place % len(NAMES)].split()
        contacts = [NewContact("phone", number, role=str(said.get("role", "client")))]
        if "email" in said:
            contacts.append(NewContact("email", f"{who}@example.org"))
        refused = str(said.get("no", "")).split(",")
        fields = ClientFields(first, last, language=said.get("language"), birth_date=_date(said.get("born")))
        async with self.line.record.write(self.line.practice, OPERATOR) as tx:
            client_id = await add_client(tx, fields, contacts)
            for point in await people.contact_points(tx, client_id):
                channel = Channel.SMS if point.kind == "phone" else Channel.EMAIL
                for purpose in ("reminders", "waitlist"):
                    if purpose not in refused and channel is Channel.SMS:
                        await grant(tx, point.id, channel, purpose, wording="test", how="form")
        self.clients[who], self.numbers[who] = client_id, number
        if said.get("whatsapp") == "yes":
            await self.line.agree_to_whatsapp(client_id)
            self.numbers["wa"] = f"whatsapp:{number}"
        await self.line.work()
        await self.line.shown(number)  # the greeting is in the enrolment conversation

    async def do_whatsapp(self, *languages: str) -> None:
        """The practice writes by WhatsApp, with templates approved in these languages."""
        await self.line.write_by_whatsapp(*languages)

    async def do_rings(self, who: str) -> None:
        """They have agreed to calls, and are called about their last visit."""
        await self.ringing.about(self.clients[who], self.visits[who][-1])
        self.numbers["call"] = "call"

    async def do_answers(self, by: str = "human") -> None:
        """Somebody, or a machine, picks up."""
        await self.ringing.answer(by)

    async def do_opens(self, who: str) -> None:
        """They open the page behind the link about their last visit."""
        await self.page.open(self.clients[who], self.visits[who][-1])
        self.numbers["page"] = "page"

    async def do_number(self, who: str, of: str, *given: str) -> None:
        """Another phone on a client's file: `. number mum ana role=guardian`."""
        said = dict(_named(list(given)))
        number = f"+1202555{1100 + len(self.numbers)}"
        async with self.line.record.write(self.line.practice, OPERATOR) as tx:
            contact = NewContact("phone", number, role=str(said.get("role", "guardian")))
            point_id = await add_contact_point(tx, self.clients[of], contact)
            for purpose in ("reminders", "waitlist"):
                await grant(tx, point_id, Channel.SMS, purpose, wording="test", how="form")
        self.numbers[who] = number
        await self.line.work()
        await self.line.shown(number)

    async def do_stranger(self, who: str) -> None:
        """A phone that nobody has on file."""
        self.numbers[who] = f"+1202555{1200 + len(self.numbers)}"

    async def do_watch(self, who: str, number: str) -> None:
        """A phone that is only looked at, such as that of the person on call."""
        self.numbers[who] = number

    async def do_visit(self, who: str, day: str, time: str, *given: str) -> None:
        """Book a visit: with `moss` if it says so, else with Dr. Lee."""
        clinician = self.line.moss if "moss" in given else self.line.lee
        visit = await self.line.book(self.clients[who], f"{day} {time}", clinician=clinician)
        self.visits.setdefault(who, []).append(visit)
        await self.line.work()

    async def do_together(self, one: str, two: str, day: str, time: str) -> None:
        """A visit of two, such as a couple."""
        visit = await self.line.book_together(self.clients[one], self.clients[two], when=f"{day} {time}")
        self.visits.setdefault(one, []).append(visit)

    async def do_remind(self, who: str) -> None:
        """The reminders of all their visits leave."""
        await self.line.remind(*self.visits[who])

    async def do_wait(self, who: str, *given: str) -> None:
        """On the waitlist; `instead` of the last visit booked for them."""
        wishes = {"replaces_participation_id": self.visits[who][-1]} if "instead" in given else {}
        await self.line.wait(self.clients[who], **wishes)
        await self.line.work()
        await self.line.shown(self.numbers[who])

    async def do_opening(self, day: str, time: str) -> None:
        """Somebody else gives this time up."""
        async with self.line.record.write(self.line.practice, OPERATOR) as tx:
            other = await add_client(tx, ClientFields("Una", "Else"), [NewContact("phone", "+12025559999")])
        gone = await self.line.book(other, f"{day} {time}")
        async with self.line.record.write(self.line.practice, FRONT) as tx:
            await cancel(tx, gone, by="client")
        await self.line.work()

    async def do_office(self, act: str, who: str) -> None:
        """The practice itself cancels the last visit."""
        assert act == "cancels"
        async with self.line.record.write(self.line.practice, FRONT) as tx:
            await cancel(tx, self.visits[who][-1], by="practice")
        self.line.pass_time(minutes=1)
        await self.line.work()

    async def do_later(self, span: str) -> None:
        """Time passes: 20s, 16m, 3h, 2d."""
        units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
        self.line.pass_time(**{units[span[-1]]: int(span[:-1])})
        await self.line.work()

    async def do_upcoming(self, who: str, *expected: str) -> None:
        """Exactly these visits are ahead: `. upcoming ana 03-10 12:30 confirmed, 03-17 12:30 booked`, or `none`."""
        written = " ".join(expected)
        wanted = [] if written == "none" else [each.strip() for each in written.split(",")]
        found = await self.line.upcoming(self.clients[who])
        assert found == wanted, f"ahead: {found}"

    async def do_tasks(self, *expected: str) -> None:
        """Exactly these tasks wait for staff; `!` says urgent; `none` for none. Nudges about channels do not count."""
        found = sorted(f"{kind}{'!' if urgent else ''}" for kind, urgent in await self.line.tasks())
        found = [each for each in found if each != "no_channel"]
        wanted = [] if expected == ("none",) else sorted(expected)
        assert found == wanted, f"tasks: {found}"

    async def do_mails(self, count: str) -> None:
        """So many mails have gone out in all."""
        found = len(self.line.exchange.post.delivered)
        assert found == int(count), f"mails: {found}"

    async def do_end(self) -> None:
        """The end of every conversation."""


def _date(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None
