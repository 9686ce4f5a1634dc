"""The benchmark counts right, on both engines, and touches nothing that is not its own."""

from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.bench import children, dispatch
from bot.bench.figures import medians, percentile
from bot.cli import app
from scheduler.core.engine import open_engines
from scheduler.core.errors import Misconfigured

pytestmark = pytest.mark.slow


async def measured(url: str | None, **given: object) -> dict:
    chosen = {"messages": 50, "pending": [30, 60], "repeats": 1, "carrier": None, "latency_ms": 0.0, "really": False}
    return await dispatch.run(database=url, say=lambda _line: None, **{**chosen, **given})


@pytest.mark.long
async def test_every_due_reminder_is_sent_once_and_proven(empty_url: str) -> None:
    told = await measured(empty_url)
    assert [size["pending"] for size in told["sizes"]] == [30, 60]
    for size in told["sizes"]:
        (only,) = size["rounds"]
        assert only["rate"] == pytest.approx(50 / only["seconds"])
        assert only["ratio"] == pytest.approx(only["rate"] / only["bare_rate"])
        assert only["cpu_per_thousand"] > 0


async def test_a_database_with_anything_in_it_is_refused(engine_url: str) -> None:
    engines = open_engines(engine_url)
    async with engines.writer.begin() as conn:
        await conn.execute(text("CREATE TABLE somebodys (id INTEGER)"))
    await engines.close()
    with pytest.raises(Misconfigured, match="database_not_empty"):
        await measured(engine_url)


async def test_a_carrier_elsewhere_is_refused_unless_it_is_meant() -> None:
    with pytest.raises(Misconfigured, match="carrier_not_here"):
        await measured(None, carrier="https://carrier.example")
    for real in ("https://api.twilio.com", "https://API.Twilio.com.:443", "https://twilio.com"):
        with pytest.raises(Misconfigured, match="carrier_is_real"):
            dispatch.check_carrier(real, really=True)
    with pytest.raises(Misconfigured, match="carrier_not_here"):
        dispatch.check_carrier("http://127.0.0.1.example:8027", really=False)
    dispatch.check_carrier("https://carrier.example", really=True)
    dispatch.check_carrier("http://127.0.0.1:8027", really=False)


async def test_a_text_that_comes_twice_shows_in_the_carriers_ledger() -> None:
    async with children.carrier() as carrier:
        await children.bare(carrier, 20)
        before = await children.ledger(carrier, forget=True)
        await children.bare(carrier, 20)
        after = await children.ledger(carrier)
    assert before is not None
    assert after is not None
    # The connections are opened with a hundred texts of one reference.
    assert (after["accepted"], after["references"], after["twice"]) == (120, 21, 1)
    assert before["accepted"] == 0


def test_the_command_says_no_in_one_line(tmp_path: Path) -> None:
    asked = ["bench", "dispatch", "--messages", "5", "--carrier", "https://carrier.example"]
    said = CliRunner().invoke(app, asked)
    assert said.exit_code == 2
    assert "--really" in said.output


def test_medians_and_percentiles() -> None:
    assert medians([{"rate": 3, "x": 1}, {"rate": 1}, {"rate": 2}]) == {"rate": 2.0}
    assert percentile([5, 1, 4, 2, 3], 0.5) == 3
    assert percentile(list(range(1000)), 0.99) == 990
