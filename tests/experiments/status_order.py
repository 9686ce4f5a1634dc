"""R23: what the carrier says of a text, in every order and repeated, through the real webhook: what is known then?

Each text gets a sequence of chance, of up to six of the nine statuses, posted as signed callbacks to the real
process, in that order. What must be known at the end is written here once more: the highest status that was said; of
two final ones that contradict each other, `delivered`. Pass: all equal.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any, Final

import aiohttp
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from scheduler import tables
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import SHORT, Accepted, Stage, on_stage
from tests.rig.databases import Databases

CLIMB: Final = (
    ("accepted",),
    ("queued",),
    ("sending",),
    ("sent",),
    ("undelivered", "failed"),
    ("delivered",),
    ("read",),
)
RANK: Final = {word: rank for rank, words in enumerate(CLIMB) for word in words}
WORDS: Final = (*RANK, "weather")  # the ninth is a word nobody documented
LONGEST: Final = 6
AT_ONCE: Final = 8
PATIENCE: Final = 300.0


async def run(asked: Asked, databases: Databases) -> Found:
    """Perform it once; the size is how many texts, each with a sequence of its own."""
    async with on_stage(asked.engine, Plan(clients=asked.size), databases, **SHORT) as stage:
        await stage.open_carrier({"seed": asked.seed, "callback_lost": 1})
        await stage.cast(workers=2)
        await stage.until_decided(PATIENCE)
        chance = random.Random(asked.seed)
        sequences = {
            each: [chance.choice(WORDS) for _ in range(chance.randint(1, LONGEST))] for each in stage.accepted()
        }
        took, refused = await _post_all(stage, sequences)
        c = tables.message.c
        known = {row[0]: row[1] for row in await stage.rows(select(c.id, c.provider_status))}
    differ = [
        f"{' '.join(words)} became {known[each.message_id]}, not {' or '.join(sorted(joins(words)))}"
        for each, words in sequences.items()
        if known[each.message_id] not in joins(words)
    ]
    counts: dict[str, Any] = {
        "texts": len(sequences),
        "callbacks": len(took),
        "differ": len(differ),
        "refused": refused,
    }
    wrong = [*differ[:5], *([f"{refused} callbacks not answered with 2xx"] if refused else ())]
    return Found(counts=counts, times={"callback": spread(took)}, wrong=tuple(wrong))


def joins(words: Sequence[str]) -> set[str]:
    """What may be known in the end; `queued` was the answer to the send itself."""
    known = [*(word for word in words if word in RANK), "queued"]
    top = max(RANK[word] for word in known)
    return {word for word in known if RANK[word] == top}


async def _post_all(stage: Stage, sequences: dict[Accepted, list[str]]) -> tuple[list[float], int]:
    validator = RequestValidator(str(stage.settings["twilio_auth_token"]))
    took: list[float] = []
    refused = 0
    waiting = list(sequences.items())
    async with aiohttp.ClientSession() as session:

        async def one_after_another() -> None:
            nonlocal refused
            while waiting:
                accepted, words = waiting.pop()
                for word in words:
                    began = time.monotonic()
                    status = await _post(stage, session, validator, accepted, word)
                    took.append(time.monotonic() - began)
                    refused += status >= 300

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    return took, refused


async def _post(
    stage: Stage, session: aiohttp.ClientSession, validator: RequestValidator, accepted: Accepted, word: str
) -> int:
    url = f"{stage.settings['public_url']}/twilio/{stage.house.practice_id}/status?m={accepted.message_id}&a=1"
    fields = {
        "AccountSid": stage.settings["twilio_account_sid"],
        "MessageSid": accepted.sid,
        "MessageStatus": word,
        "To": accepted.to,
    }
    signed = {"X-Twilio-Signature": validator.compute_signature(url, fields)}
    async with session.post(url, data=fields, headers=signed) as answer:
        return answer.status
