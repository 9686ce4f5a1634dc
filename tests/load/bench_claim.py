"""A thousand clients hold an offer of one time and take it at the same moment: half by link, half by a signed text.

Exactly one may win, and everybody else must be told. Told are how long the answers of the links and of the webhook
took, and when the last loser's text was queued.
"""

import argparse
import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import func, insert, select

from bot.bench.figures import medians, percentile, save
from bot.bench.practice import SENDER, BenchPractice, phone_of
from bot.links.nonce import nonce_for
from messages import links
from messages.links import Purpose
from scheduler import tables
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Tx
from tests.load.databases import empty
from tests.load.signed import inbound
from tests.load.stage import Stage, serving

OUT = Path("build/bench")
PATIENCE = 240.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--engines", default="sqlite,postgresql")


def run(given: argparse.Namespace) -> None:
    for engine in given.engines.split(","):
        rounds = []
        for _ in range(given.repeats):
            with empty(engine) as url:
                rounds.append(asyncio.run(_round(url, given.clients)))
        middle = medians(rounds)
        told = {"benchmark": "claim", "engine": engine, "clients": given.clients, "median": middle, "rounds": rounds}
        save(OUT / f"claim-{engine}.json", told)
        print(
            f"{engine:10} {given.clients:,} claims of one time: winners {[each['winners'] for each in rounds]},"
            f" told {[each['told'] for each in rounds]}; link answered p50 {middle['link_p50_ms']:.0f} p99"
            f" {middle['link_p99_ms']:.0f} ms, webhook p50 {middle['webhook_p50_ms']:.0f} p99"
            f" {middle['webhook_p99_ms']:.0f} ms, all done after {middle['all_seconds']:.1f} s"
        )


async def _round(url: str, count: int) -> dict[str, Any]:
    async with serving(url, count) as stage:
        async with stage.practice.record.write(stage.practice.id, OPERATOR) as tx:
            opening_id, tokens = await offer_to_all(tx, stage.practice, count)
        begin = time.time()
        by_link, by_text = await _claim_all(stage, tokens, count)
        await _until_all_handled(stage, count - len(tokens))
        seconds = time.time() - begin
        return {
            **await _outcome(stage, opening_id, count),
            **_spread("link", by_link),
            **_spread("webhook", by_text),
            "all_seconds": seconds,
        }


async def offer_to_all(tx: Tx, practice: BenchPractice, count: int, days: int = 5) -> tuple[str, list[tuple[str, str]]]:
    """One opening, held, with an offer of it for every client, and links for every other; returns tokens and nonces."""
    starts_at = (tx.now + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    ends_at, until = starts_at + timedelta(minutes=50), tx.now + timedelta(minutes=30)
    opening_id = tx.new_id()
    p = {"practice_id": tx.practice_id}
    time_ = {"starts_at": starts_at, "ends_at": ends_at}
    where = {"clinician_id": practice.clinician_ids[0], "service_id": practice.service_id}
    place = {**p, "location_id": practice.location_id}
    await tx.conn.execute(
        insert(tables.opening).values(
            **place, **where, **time_, id=opening_id, state="open", depth=0, created_at=tx.now
        )
    )
    hold = {"kind": "offer", "holder_id": opening_id, "expires_at": until, "clinician_id": where["clinician_id"]}
    await tx.conn.execute(insert(tables.busy).values(**p, **time_, **hold, id=tx.new_id()))
    points = await _points(tx, count)
    entries, offers, rows, tokens = [], [], [], []
    for number, (client_id, point_id) in enumerate(points):
        entry = {"id": tx.new_id(), "client_id": client_id, "service_id": practice.service_id}
        entries.append(
            {**p, **entry, "clinician_ids": [], "windows": [], "min_notice_minutes": 0, "priority": 0}
            | {"state": "waiting", "credit": 0, "joined_at": tx.now}
        )
        offer = {"id": tx.new_id(), "opening_id": opening_id, "entry_id": entry["id"], "client_id": client_id}
        offers.append(
            {**p, **offer, "contact_point_id": point_id, "state": "held", "offered_at": tx.now, "expires_at": until}
        )
        if number % 2 == 0:
            row, made = links.new(
                tx,
                Purpose.OFFER,
                client_id=client_id,
                expires_at=until,
                contact_point_id=point_id,
                offer_id=offer["id"],
            )
            rows.append(row)
            tokens.append((made.token, nonce_for(tx.vault, made.id, tx.now)))
    await tx.conn.execute(insert(tables.waitlist_entry), entries)
    await tx.conn.execute(insert(tables.offer), offers)
    await links.add(tx, rows)
    return opening_id, tokens


async def _points(tx: Tx, count: int) -> list[tuple[str, str]]:
    """Clients and their numbers in the order in which they were made."""
    c = tables.contact_point.c
    numbers = {tx.vault.blind(tx.practice_id, "phone", phone_of(number)): number for number in range(count)}
    found = await tx.conn.execute(select(c.value_ix, c.client_id, c.id).where(c.practice_id == tx.practice_id))
    by_number = {numbers[row.value_ix]: (row.client_id, row.id) for row in found if row.value_ix in numbers}
    return [by_number[number] for number in range(count)]


async def _claim_all(stage: Stage, tokens: list[tuple[str, str]], count: int) -> tuple[list[float], list[float]]:
    texts = [
        inbound(stage.webhook, number, phone_of(number), "YES", SENDER) for number in range(count) if number % 2 == 1
    ]
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def by_link(token: str, nonce: str) -> float:
            began = time.time()
            own = {"Sec-Fetch-Site": "same-origin"}
            url = f"{stage.url}/l/{token}/claim"
            async with session.post(url, data={"nonce": nonce}, headers=own) as answer:
                assert answer.status == 200, answer.status
                await answer.read()
            return time.time() - began

        async def by_text(post: Any) -> float:
            began = time.time()
            async with session.post(stage.webhook, data=post.fields, headers=post.headers) as answer:
                assert answer.status == 200, answer.status
            return time.time() - began

        tasks: list[tuple[str, asyncio.Task[float]]] = []
        for pair, post in zip(tokens, texts, strict=False):
            tasks.append(("link", asyncio.create_task(by_link(*pair))))
            tasks.append(("text", asyncio.create_task(by_text(post))))
        await asyncio.gather(*(task for _, task in tasks))
    return [t.result() for kind, t in tasks if kind == "link"], [t.result() for kind, t in tasks if kind == "text"]


async def _until_all_handled(stage: Stage, texts: int) -> None:
    i = tables.inbound.c
    async with asyncio.timeout(PATIENCE):
        while True:
            async with stage.practice.record.read(stage.practice.id) as r:
                wanted = select(func.count()).where(i.practice_id == r.practice_id, i.state == "handled")
                if (await r.conn.execute(wanted)).scalar_one() >= texts:
                    return
            await asyncio.sleep(0.05)


async def _outcome(stage: Stage, opening_id: str, count: int) -> dict[str, float]:
    o, m, b = tables.offer.c, tables.message.c, tables.busy.c
    async with stage.practice.record.read(stage.practice.id) as r:
        states = dict(
            (await r.conn.execute(select(o.state, func.count()).where(o.opening_id == opening_id).group_by(o.state)))
            .tuples()
            .all()
        )
        told = select(func.count(m.client_id.distinct())).where(m.kind.in_(("offer_won", "offer_lost")))
        heard = (await r.conn.execute(told)).scalar_one()
        taken = select(func.count()).where(
            b.clinician_id == stage.practice.clinician_ids[0], b.appointment_id.is_not(None)
        )
        booked = (await r.conn.execute(taken)).scalar_one()
    assert states.get("claimed") == 1, states
    assert booked == 1, booked
    assert "held" not in states, states
    assert heard == count, (heard, states)
    return {"winners": float(states["claimed"]), "told": float(heard)}


def _spread(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_p{int(100 * share)}_ms": 1000 * percentile(values, share) for share in (0.5, 0.99)}
