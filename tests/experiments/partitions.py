"""R10: workers that stand still past their lease, four that start at once, and machines that lose one of their links.

Frozen workers (SIGSTOP, then SIGCONT after lease and settle) on both engines; on PostgreSQL also two machines made of
network namespaces, with two workers each: one loses the database but not the carrier, then the other the carrier but
not the database, then both, each for longer than lease and settle together. Pass: nothing lost, nothing sent twice,
and while one is cut off the other goes on.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.experiments.crash_sends import judge_sends
from tests.experiments.forks import Fork, Nursery
from tests.experiments.hosts import Machine, NotPermitted, machines
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import BRIEF, Stage, on_stage
from tests.rig.databases import Databases

FAULTS: Final = {"reset_after": 0.01, "error_before": 0.01, "list_lag_seconds": (0, 0.5), "callback_lost": 0.3}
FROZEN: Final = (5.5, 19.0)  # past the lease of 5 s, and past lease, settle and second look
TEXTS_EACH: Final = 100
CUT: Final = 22.0
PATIENCE: Final = 300.0


async def zombies(asked: Asked, databases: Databases) -> Found:
    """Freeze and thaw workers; the size is how often."""
    async with on_stage(asked.engine, Plan(clients=asked.size * TEXTS_EACH), databases, **BRIEF) as stage:
        await stage.open_carrier({**FAULTS, "seed": asked.seed})
        actors = await stage.cast(workers=4)
        began = time.monotonic()
        victims = [fork for fork in actors if fork.command != "web"]
        stops = await _freeze_again_and_again(stage, victims, random.Random(asked.seed), asked.size)
        states = await stage.until_decided(PATIENCE)
        took = time.monotonic() - began
        await asyncio.sleep(2)  # a text too many would leave now
        for fork in actors:
            await asyncio.to_thread(fork.stop)
        counts, wrong = await judge_sends(stage, states, stage.house.message_ids)
    return Found(counts=counts | {"stops": stops}, seconds={"all": round(took, 1)}, wrong=tuple(wrong))


async def _freeze_again_and_again(stage: Stage, victims: Sequence[Fork], chance: random.Random, most: int) -> int:
    """Half of the workers at a time, each for as long as chance says; ends when nothing is left to send."""
    places = asyncio.Semaphore(max(1, len(victims) // 2))
    idle, stops = list(victims), 0

    async def freeze(fork: Fork) -> None:
        fork.freeze()
        await asyncio.sleep(chance.uniform(*FROZEN))
        fork.thaw()
        await asyncio.sleep(chance.uniform(0.2, 1.0))
        idle.append(fork)
        places.release()

    running: list[asyncio.Task[None]] = []
    while stops < most and {"pending", "intent"} & (await stage.states()).keys():
        await places.acquire()
        fork = idle.pop(chance.randrange(len(idle)))
        running.append(asyncio.create_task(freeze(fork)))
        stops += 1
        await asyncio.sleep(chance.uniform(0.05, 0.5))
    await asyncio.gather(*running)
    return stops


async def two_machines(asked: Asked, databases: Databases, cut_for: float = CUT) -> Found:
    """Cut links of two machines for so many seconds each; the size is how many texts are due."""
    async with on_stage("postgresql", Plan(clients=asked.size), databases, **BRIEF) as stage:
        await stage.open_carrier({**FAULTS, "seed": asked.seed}, **SLOW)
        socket = databases.server.home / ".s.PGSQL.5432"
        try:
            async with machines(2, database=socket, carrier_port=stage.carrier_port) as hosts:
                return await _on_machines(stage, hosts, cut_for)
        except NotPermitted as why:
            return Found(counts={"skipped": f"network namespaces need root: {why}"})


SLOW: Final[dict[str, Any]] = {"pace": {"queued": 0.05, "sending": 0.05, "sent": 0.1}}


async def _on_machines(stage: Stage, hosts: Sequence[Machine], cut_for: float) -> Found:
    web = stage.start("web")
    await stage.until_up(web)
    nurseries = [_nursery(stage, host) for host in hosts]
    try:
        began = time.monotonic()
        workers = [
            nursery.fork("work", _settings(stage, host))
            for host, nursery in zip(hosts, nurseries, strict=True)
            for _ in "12"
        ]
        await stage.until_up(*workers)
        cuts = await _cut(stage, hosts, cut_for)
        states = await stage.until_decided(PATIENCE)
        took = time.monotonic() - began
        await asyncio.sleep(cut_for)  # what a kernel still holds would be delivered by now
    finally:
        for nursery in nurseries:
            nursery.close()
    counts, wrong = await judge_sends(stage, states, stage.house.message_ids)
    arrived = sorted(each.arrived for each in stage.accepted())
    silences = {
        name: round(
            max(
                (b - a for a, b in itertools.pairwise([since, *(t for t in arrived if since < t < end), end])),
                default=0.0,
            ),
            2,
        )
        for name, since, end in cuts
    }
    return Found(
        counts=counts | {"sent_while_cut": {name: sum(since < t < end for t in arrived) for name, since, end in cuts}},
        seconds={"all": round(took, 1), **{f"silence_{name}": value for name, value in silences.items()}},
        times={"between_texts": spread([b - a for a, b in itertools.pairwise(arrived)])},
        wrong=tuple(wrong),
    )


def _nursery(stage: Stage, host: Machine) -> Nursery:
    """Processes on that machine, where `localhost` is the carrier: anywhere else the product insists on https."""
    folder = stage.processes.folder / host.name
    folder.mkdir()
    names = folder / "hosts"
    names.write_text(f"{host.carrier[0]} localhost\n", encoding="utf-8")
    return Nursery(folder, (*host.enter, "sh", "-c", f'mount --bind {names} /etc/hosts && exec "$@"', "sh"))


def _settings(stage: Stage, host: Machine) -> dict[str, Any]:
    database = Path(stage.url.partition("@/")[2].partition("?")[0]).name
    address, port = host.database
    return stage.settings | {
        "database_url": f"postgresql://stillon@{address}:{port}/{database}",
        "twilio_api_base": f"http://localhost:{host.carrier[1]}",
    }


async def _cut(stage: Stage, hosts: Sequence[Machine], cut_for: float) -> list[tuple[str, float, float]]:
    """One link after another for a while each, and both of the first at last; when each was."""
    first, second = hosts
    plan = (("database", first, "d"), ("carrier", second, "c"), ("both", first, "dc"), ("carrier_again", first, "c"))
    cuts = []
    for name, host, links in plan:
        if not {"pending", "intent"} & (await stage.states()).keys():
            break  # nothing is left to send
        for link in links:
            host.cut(link)
        since = time.monotonic()
        await asyncio.sleep(cut_for)
        for link in links:
            host.mend(link)
        cuts.append((name, since, time.monotonic()))
    return cuts
