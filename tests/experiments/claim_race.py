"""R3: every client of a practice takes one offered time at once, half by link, half by a signed text; many rounds.

Each has the offer's own text, and a reminder of another visit. On PostgreSQL two programs answer, each with half of the
links and texts. In half of the rounds one of them is killed while they do, or both, and started anew; whoever got no
answer asks again, as phones and the carrier do, and afterwards a hundred press their link once more. Pass, in each
round: exactly one winner, one booking, everybody told once, within a second of the winner's commit, and whoever presses
again reads what they had read. Links have half a second at p99 in the rounds without a kill. `floor` is what the same
posts take where nothing is done for them, on the same machine and with the same client.

Each client waits once, whichever round it is: who loses goes on waiting, and is offered the next round's time.

That the race is there at all is shown with the locks off by tests/waitlist/test_claims.py; that a second winner would
be seen here, by the judge's own test in test_small.py.
"""

import asyncio
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from bot.bench import children
from bot.bench.practice import SENDER, BenchPractice, phone_of
from bot.links.words import say
from scheduler import tables
from scheduler.core.actor import OPERATOR
from tests.experiments.burst import Answered, Post, all_at_once, post
from tests.experiments.do_nothing import floor
from tests.experiments.report import Asked, Found, spread
from tests.load.bench_claim import offer_to_all
from tests.load.signed import inbound
from tests.load.stage import practice_in, settings_of
from tests.rig.databases import Databases
from tests.rig.process import free_port

ROUNDS: Final = 4
PATIENCE: Final = 240.0
KILLED_AFTER: Final = (0.02, 0.8)
"""Seconds after the first claim, in the rounds with a kill."""
PROGRAMS: Final = {"sqlite": 1, "postgresql": 2}
ONCE_MORE: Final = 100
"""So many press their link again when all is over."""
TOLD_WITHIN: Final = 1.0
VERDICTS: Final = ("claimed", "taken")
OWN_PAGE: Final = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Seen:
    """What the rounds came to. `differed`: pages that said another thing when asked again."""

    winners: list[int] = field(default_factory=list)
    winners_by_page: list[int] = field(default_factory=list)
    booked: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    held: int = 0
    killed: int = 0
    asked_again: int = 0
    same: int = 0
    differed: int = 0
    links: list[float] = field(default_factory=list)
    links_killed: list[float] = field(default_factory=list)
    links_once_more: list[float] = field(default_factory=list)
    texts: list[float] = field(default_factory=list)
    texts_killed: list[float] = field(default_factory=list)
    losers: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


async def run(asked: Asked, databases: Databases, *, rounds: int | None = None) -> Found:
    """Perform it; the size is the number of clients in each round."""
    seen, chance, rounds = Seen(), random.Random(asked.seed), rounds or asked.rounds or ROUNDS
    url = await databases.empty(asked.engine)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stillon-claims-")))
        practice = await stack.enter_async_context(practice_in(url, folder))
        carrier = await stack.enter_async_context(children.carrier())
        await practice.add_due(asked.size)
        programs = [Program(url, folder, carrier, practice) for _ in range(PROGRAMS[asked.engine])]
        for program in programs:
            await program.start()
            stack.push_async_callback(program.stop)
        await _until_quiet(practice)
        for number in range(rounds):
            await _round(programs, asked.size, number, chance, seen)
        seen.answers = await _answers(practice)
    return judge(asked, seen, rounds, time.monotonic() - began)


class Program:
    """The program as one process, which may be killed and started anew at the same address."""

    def __init__(self, database: str, folder: Path, carrier: str, practice: BenchPractice) -> None:
        self.practice = practice
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.webhook = f"{self.url}/twilio/{practice.id}/inbound"
        self._settings = settings_of(database, folder, carrier, self.port)
        self._running = AsyncExitStack()
        self.process: Any = None

    async def start(self) -> None:
        """Until it takes requests."""
        self._running = AsyncExitStack()
        program = children.child("bot.bench.worker", "--web", "--beat", settings=self._settings, told=True)
        self.process = await self._running.enter_async_context(program)
        await children.said(self.process)
        await children.tell(self.process, "go")
        await children.said(self.process)

    async def stop(self) -> None:
        """Kill it, as a power cut would."""
        await self._running.aclose()


async def _round(programs: Sequence[Program], clients: int, number: int, chance: random.Random, seen: Seen) -> None:
    """One time for all. In two rounds of four programs are killed, and everybody asks until answered.

    So of the other two one has programs that have just started, and one has programs that have done it before.
    """
    practice, kills = programs[0].practice, number % 4 >= 2
    async with practice.record.write(practice.id, OPERATOR) as tx:
        opening_id, tokens = await offer_to_all(tx, practice, clients, days=5 + number)
    if not number:
        await practice.settle_in()  # nobody's first wave is one of a thousand
    by_link = [_press(_one_of(programs, each), *pair) for each, pair in enumerate(tokens)]
    by_text = [
        _text(_one_of(programs, each), number * clients + 2 * each + 1, 2 * each + 1) for each in range(clients // 2)
    ]
    if not number:
        seen.floor = await floor([*by_link, *by_text], patience=PATIENCE)
    claims = asyncio.ensure_future(_in_any_order([*by_link, *by_text], chance))
    if kills:
        await _kill(programs, chance, seen)
    answered = await claims
    pressed, texted = answered[: len(by_link)], answered[len(by_link) :]
    (seen.links_killed if kills else seen.links).extend(each.seconds for each in pressed)
    (seen.texts_killed if kills else seen.texts).extend(each.seconds for each in texted)
    seen.asked_again += sum(each.in_vain > 0 for each in answered)
    await _until_told(practice, opening_id, clients)
    await _count(practice, opening_id, seen)
    await _once_more(by_link, pressed, seen)
    # What a killed program had in hand is looked up half a minute later, a few texts that are in nobody's way.
    await _until_quiet(practice, ("pending",) if kills else ("pending", "intent"))


def _one_of(programs: Sequence[Program], each: int) -> Program:
    return programs[each % len(programs)]


async def _in_any_order(posts: Sequence[Post], chance: random.Random) -> list[Answered]:
    """All at once, links and texts mixed as the seed has it; answers in the order given."""
    order = chance.sample(range(len(posts)), len(posts))
    answered = dict(zip(order, await all_at_once([posts[each] for each in order], patience=PATIENCE), strict=True))
    return [answered[each] for each in range(len(posts))]


def _press(program: Program, token: str, nonce: str) -> Post:
    return post(f"{program.url}/l/{token}/claim", {"nonce": nonce}, OWN_PAGE)


def _text(program: Program, sid: int, client: int) -> Post:
    signed = inbound(program.webhook, sid, phone_of(client), "A", SENDER)
    return post(program.webhook, signed.fields, signed.headers)


async def _kill(programs: Sequence[Program], chance: random.Random, seen: Seen) -> None:
    """One program, or all, at a moment of the seed's; until they take requests again."""
    await asyncio.sleep(chance.uniform(*KILLED_AFTER))
    killed = programs if chance.random() < 1 / len(programs) else (chance.choice(programs),)
    for each in killed:
        await each.stop()
    seen.killed += len(killed)
    for each in killed:
        await each.start()


async def _once_more(by_link: Sequence[Post], pressed: Sequence[Answered], seen: Seen) -> None:
    """Some press again, the winner among them; they read what they had read."""
    verdicts = [_verdict(each.page) for each in pressed]
    seen.winners_by_page.append(verdicts.count("claimed"))
    some = sorted(range(len(by_link)), key=lambda each: verdicts[each] != "claimed")[:ONCE_MORE]
    again = await all_at_once([by_link[each] for each in some], patience=PATIENCE)
    seen.links_once_more.extend(each.seconds for each in again)
    for each, answer in zip(some, again, strict=True):
        same = _verdict(answer.page) == verdicts[each] != ""
        seen.same += same
        seen.differed += not same


def _verdict(page: str) -> str:
    """What the heading of a page says, in the client's language; empty where it is none of these."""
    heading, language = re.search(r"<h1>(.*?)</h1>", page), re.search(r'<html lang="(\w+)"', page)
    if heading is None or language is None:
        return ""
    said = heading.group(1).replace("&#39;", "'")
    return next((each for each in VERDICTS if say(language.group(1), f"done.{each}") == said), "")


async def _until_told(practice: BenchPractice, opening_id: str, clients: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        if len(await _told(practice, opening_id)) >= clients or time.monotonic() > until:
            return
        await asyncio.sleep(0.1)


async def _until_quiet(practice: BenchPractice, states: Sequence[str] = ("pending", "intent", "unknown")) -> None:
    """All texts are dealt with and answered, so that the next round meets nothing of this one. `states`: which wait."""
    i, m, until = tables.inbound.c, tables.message.c, time.monotonic() + PATIENCE
    unread = select(func.count()).where(i.practice_id == practice.id, i.state == "new")
    under_way = select(func.count()).where(m.practice_id == practice.id, m.state.in_(states))
    while time.monotonic() < until:
        async with practice.record.read(practice.id) as r:
            due = under_way.where(m.due_at <= r.now)
            left = [(await r.conn.execute(each)).scalar_one() for each in (unread, due)]
        if not any(left):
            return
        await asyncio.sleep(0.2)


async def _told(practice: BenchPractice, opening_id: str) -> list[tuple[str, Any]]:
    """Who heard how it ended, and when those words were written."""
    m, f = tables.message, tables.offer
    wanted = (
        select(m.c.kind, m.c.created_at)
        .join(f, (f.c.practice_id == m.c.practice_id) & (f.c.id == m.c.offer_id))
        .where(f.c.opening_id == opening_id, m.c.kind.in_(("offer_won", "offer_lost")))
    )
    async with practice.record.read(practice.id) as r:
        return [(row[0], row[1]) for row in await r.conn.execute(wanted)]


async def _answers(practice: BenchPractice) -> Counter[str]:
    """What came of the texts that have been dealt with by now."""
    i = tables.inbound.c
    counted = select(i.outcome, func.count()).where(i.outcome.is_not(None)).group_by(i.outcome)
    async with practice.record.read(practice.id) as r:
        return Counter({row[0]: row[1] for row in await r.conn.execute(counted)})


async def _count(practice: BenchPractice, opening_id: str, seen: Seen) -> None:
    f, b, o = tables.offer.c, tables.busy.c, tables.opening.c
    async with practice.record.read(practice.id) as r:
        counted = select(f.state, func.count()).where(f.opening_id == opening_id).group_by(f.state)
        states = {row[0]: row[1] for row in await r.conn.execute(counted)}
        starts_at = (await r.conn.execute(select(o.starts_at).where(o.id == opening_id))).scalar_one()
        taken = select(func.count()).where(
            b.clinician_id == practice.clinician_ids[0], b.starts_at == starts_at, b.appointment_id.is_not(None)
        )
        seen.booked.append((await r.conn.execute(taken)).scalar_one())
    told = await _told(practice, opening_id)
    won_at = min((at for kind, at in told if kind == "offer_won"), default=None)
    seen.losers.extend((at - won_at).total_seconds() for kind, at in told if won_at and kind == "offer_lost")
    seen.winners.append(states.get("claimed", 0))
    seen.held += states.get("held", 0)
    seen.told.append(len(told))


def judge(asked: Asked, seen: Seen, rounds: int, took: float) -> Found:
    """What is wrong, if anything is."""
    wrong = [
        *([f"winners {seen.winners}"] if set(seen.winners) != {1} else ()),
        *([f"bookings {seen.booked}"] if set(seen.booked) != {1} else ()),
        *([f"told {seen.told} of {asked.size}"] if set(seen.told) != {asked.size} else ()),
        *([f"{seen.held} offers still held"] if seen.held else ()),
        *([f"winners by page {seen.winners_by_page}"] if max(seen.winners_by_page, default=0) > 1 else ()),
        *([f"{seen.differed} read another thing again"] if seen.differed else ()),
        *([f"told after {max(seen.losers):.1f} s"] if max(seen.losers, default=0.0) > TOLD_WITHIN else ()),
    ]
    return Found(
        counts={
            "rounds": rounds,
            "clients": asked.size,
            "winners": dict(Counter(seen.winners)),
            "won_by_link": sum(seen.winners_by_page),
            "killed": seen.killed,
            "asked_again": seen.asked_again,
            "same_verdict_again": seen.same,
            "other_verdict_again": seen.differed,
            "answers_to_texts": dict(seen.answers),
        },
        seconds={"all": round(took, 1)},
        times={
            "floor": spread(seen.floor),
            "link": spread(seen.links),
            "link_with_kills": spread(seen.links_killed),
            "link_once_more": spread(seen.links_once_more),
            "webhook": spread(seen.texts),
            "webhook_with_kills": spread(seen.texts_killed),
            "loser_told_after_winner": spread(seen.losers),
        },
        wrong=tuple(wrong),
    )
