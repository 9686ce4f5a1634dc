"""Fixtures for everyone: a clock that waits for us, fresh databases on both engines, processes, pages, and the watch.

The machinery is in tests/rig; here it is only handed out. In CI a missing PostgreSQL or Chromium fails a test,
elsewhere it skips it.
"""

import gc
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.async_api import Browser

from scheduler.core.engine import Engines
from scheduler.core.ids import MakeId, seeded_ids
from scheduler.core.keys import KeyRing, save_ring
from scheduler.core.record import Record, Subscriptions
from scheduler.core.vault import Vault
from tests.rig.browser import ChromiumMissing, Pages, chromium
from tests.rig.clock import ManualClock
from tests.rig.databases import ENGINES, Databases
from tests.rig.logwatch import LogWatch
from tests.rig.office import Office, open_office
from tests.rig.postgres import PostgresMissing
from tests.rig.process import Processes
from tests.rig.required import missing

# Examples are bounded by number, never by time: a busy machine must not fail a rule.
settings.register_profile("stillon", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("stillon")

WATCH = pytest.StashKey[LogWatch]()
PROCESSES = pytest.StashKey[Processes]()
LEAKS = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "plants_canaries: prints invented people on purpose; not searched for leaks")
    config.stash[WATCH] = LogWatch()
    config.stash[WATCH].install()
    # Thousands of tests leave much behind that lives to the end; looking through it again and again is time lost.
    gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a test printed, for the search at its end."""
    report = yield
    if call.when != "teardown":
        item.stash.setdefault(LEAKS, []).extend(text for title, text in report.sections if "log" not in title)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """When a test and its fixtures are done, nobody may be found in what was logged, printed or said by processes.

    The fixtures of the session end within the teardown of the last test, so they are covered too.
    """
    yield
    printed = item.stash.get(LEAKS, [])
    processes = item.stash.get(PROCESSES, None)
    leaks = item.config.stash[WATCH].leaks([*printed, processes.said() if processes else ""])
    if leaks and item.get_closest_marker("plants_canaries") is None:
        pytest.fail(f"personal data in the log: {', '.join(map(str, leaks[:5]))}", pytrace=False)


# ---- time, ids, keys ------------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> ManualClock:
    """Wednesday, 4 March 2026, 15:00 UTC, until the test moves it."""
    return ManualClock()


@pytest.fixture
def ids() -> MakeId:
    """Ids that are the same in every run."""
    return seeded_ids(1)


@pytest.fixture(scope="session")
def key_ring() -> KeyRing:
    """Keys that are the same in every run."""
    return KeyRing(1, {1: bytes(range(32))}, bytes(range(32, 64)))


@pytest.fixture
def keyring_file(key_ring: KeyRing, tmp_path: Path) -> Path:
    """The same keys as a file, for processes."""
    save_ring(key_ring, tmp_path / "keyring.json")
    return tmp_path / "keyring.json"


@pytest.fixture
def vault(key_ring: KeyRing) -> Vault:
    """The key ring at work."""
    return Vault(key_ring)


# ---- databases ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
async def databases(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Databases]:
    """Where fresh databases come from; the PostgreSQL server starts with the first test that needs it."""
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    await made.let_go()
    made.close()


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest, databases: Databases) -> str:
    """Each of the two engines in turn; parametrize it indirectly to pick one."""
    name: str = request.param
    if name == "postgresql":
        try:
            databases.server  # noqa: B018 -- asking starts it
        except PostgresMissing as why:
            missing(f"PostgreSQL ({why})")
    return name


@pytest.fixture
async def engine_url(engine_name: str, databases: Databases) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database on each engine."""
    url = await databases.migrated(engine_name)
    yield url
    await databases.drop(url)


@pytest.fixture
async def empty_url(engine_name: str, databases: Databases) -> AsyncIterator[str]:
    """The URL of a database without tables on each engine."""
    url = await databases.empty(engine_name)
    yield url
    await databases.drop(url)


@pytest.fixture
def engines(engine_url: str, databases: Databases) -> Engines:
    """Engines over a fresh, migrated database."""
    return databases.opened(engine_url)


@pytest.fixture
def subscriptions() -> Subscriptions:
    """Nobody subscribes unless the test, or a fixture that overrides this one, says so."""
    return Subscriptions()


@pytest.fixture
def record(engines: Engines, clock: ManualClock, vault: Vault, ids: MakeId, subscriptions: Subscriptions) -> Record:
    """An opened record over a fresh, migrated database, once for each engine."""
    return Record(engines, clock, vault, make_id=ids, subscriptions=subscriptions)


@pytest.fixture
async def office(record: Record) -> Office:
    """A practice with hours, two clinicians and a service; clients are added with `await office.client(0)`."""
    return await open_office(record)


# ---- processes and pages --------------------------------------------------------------------------------------------


@pytest.fixture
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Processes]:
    """Starts real `stillon` processes; all are gone when the test ends."""
    made = Processes(tmp_path)
    request.node.stash[PROCESSES] = made
    yield made
    made.close()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests of this process."""
    try:
        async with chromium() as running:
            yield running
    except ChromiumMissing:
        missing("Chromium")


@pytest.fixture
async def pages(browser: Browser) -> AsyncIterator[Pages]:
    """Opens pages: `page = await pages.open(url, width=390, dark=True)`."""
    made = Pages(browser)
    yield made
    await made.close()
