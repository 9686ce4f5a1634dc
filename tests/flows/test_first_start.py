"""The first day of a real instance: an empty folder, the one-time address, a practice, files from elsewhere.

And every start that must be refused: one clear line, exit code 2, nothing changed.
"""

import asyncio
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Page, expect

from scheduler.core.engine import open_engines
from scheduler.core.keys import KeyRing, new_ring, save_ring
from scheduler.core.record import Record
from scheduler.core.vault import Vault
from tests.rig.browser import Pages
from tests.rig.clock import ManualClock
from tests.rig.databases import Databases
from tests.rig.office import open_office
from tests.rig.process import Processes, Running, free_port

PATIENCE = 60_000
SECONDS = 180.0
EMAIL, PASSWORD = "owner@staff.example", "quiet rooms by the river"


# ---- from an empty folder to a practice ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(600)
async def test_from_an_empty_folder_to_an_imported_practice(processes: Processes, pages: Pages):
    port = free_port()
    settings = {"port": port, "public_url": f"http://localhost:{port}"}
    serving = processes.stillon("serve", **settings)
    await asyncio.to_thread(serving.until, lambda: "to make the first account." in serving.said(), seconds=SECONDS)
    assert "A key ring was made: data/keyring.json. Keep a copy" in serving.said()
    found = re.search(rf"setup: open (http://localhost:{port}/setup/\S+) within 24 hours", serving.said())
    assert found is not None

    page = await pages.open(found[1])
    page.set_default_timeout(PATIENCE)
    secret = await set_up(page)
    await add_what_files_speak_of(page, settings["public_url"])
    await sign_out_and_in(page, settings["public_url"], secret)

    await page.goto(found[1])
    await expect(page.get_by_text("works once, for a day")).to_be_visible()
    assert (await page.request.get(found[1])).status == 404
    assert "setup:" not in await said_at_next_start(serving)

    write_files(processes.folder)
    names = ("clients.csv", "availability.csv", "appointments.csv")
    first = await run(processes, "import", *names, "--agreed", "sms")
    assert re.findall(r"(\w+)\.csv: imported: (\d+) new, (\d+) there already", first) == [
        ("clients", "2", "0"),
        ("availability", "2", "0"),
        ("appointments", "3", "0"),
    ]
    again = await run(processes, "import", *names, "--agreed", "sms")
    assert re.findall(r"(\w+)\.csv: imported: (\d+) new, (\d+) there already", again) == [
        ("clients", "0", "2"),
        ("availability", "0", "2"),
        ("appointments", "0", "3"),
    ]
    (processes.folder / "bad.csv").write_text(
        "Client,Clinician,Date,Start\nAna Torres,Dr. Holloway,2/30/2026,9:00 AM\n"
    )
    bad = await run(processes, "import", "bad.csv", code=1)
    assert "line 2, Date:" in bad
    assert "nothing was imported" in bad
    await page.goto(f"{settings['public_url']}/console/clients")
    await expect(page.get_by_role("link", name="Torres")).to_be_visible()
    assert "Everything that can be checked is as it should be." in await run(processes, "check")
    assert serving.stop() == 0


async def set_up(page: Page) -> str:
    """The practice, its owner, and the second factor; returns its secret."""
    await page.get_by_label("Name of the practice").fill("Rivington Street Counselling")
    await page.get_by_label("Neutral name for texts").fill("Rivington Office")
    await page.get_by_label("Office phone").fill("212-555-0100")
    await page.get_by_label("Texting number").fill("+1 212 555 0199")
    await page.get_by_label("Time zone").select_option("America/New_York")
    await page.get_by_label("Your name").fill("Maya Okafor")
    await page.get_by_label("Your email").fill(EMAIL)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The same password again").fill(PASSWORD)
    await page.get_by_role("button", name="Go on").click()
    await page.wait_for_url("**/signin/app")
    await page.get_by_text("The camera does not help").click()
    secret = (await page.locator("details code").inner_text()).replace(" ", "")
    await page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("heading", name="Keep these")).to_be_visible()
    await page.get_by_role("link", name="I have kept them").click()
    await page.wait_for_url("**/console/today")
    return secret


async def add_what_files_speak_of(page: Page, base: str) -> None:
    """A location, a service and a clinician: an import makes up none of them."""
    await page.goto(f"{base}/console/settings/locations/new")
    await page.get_by_label("Name", exact=True).fill("Second floor")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("link", name="Second floor")).to_be_visible()
    await page.goto(f"{base}/console/settings/services/new")
    await page.get_by_label("Name", exact=True).fill("Session")
    await page.get_by_label("Minutes", exact=True).fill("50")
    await page.get_by_label("Fee in").fill("150")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("link", name="Session")).to_be_visible()
    await page.goto(f"{base}/console/settings/clinicians/new")
    await page.get_by_label("Name", exact=True).fill("Dr. Holloway")
    await page.get_by_role("button", name="Add, then set hours").click()
    await expect(page.get_by_role("heading", name="Dr. Holloway")).to_be_visible()


async def sign_out_and_in(page: Page, base: str, secret: str) -> None:
    """Out, then in with password and the next code: the one used for the set-up is spent."""
    await page.locator(".bar-who summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/signin")
    await page.goto(f"{base}/console/today")
    await page.wait_for_url("**/signin")
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/signin/code")
    code = pyotp.TOTP(secret)
    # A code of the coming half minute is taken as well, so nobody has to wait for it here.
    await page.get_by_label("Code", exact=True).fill(code.at(datetime.now(UTC) + timedelta(seconds=30)))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/today")


async def said_at_next_start(serving: Running) -> str:
    """What it says when it is stopped and started again."""
    before = len(serving.said())
    assert serving.stop() == 0
    serving.start()
    await asyncio.to_thread(serving.until, lambda: "Stillon answers on" in serving.said()[before:], seconds=SECONDS)
    return serving.said()[before:]


def write_files(folder: Path) -> None:
    """Three small files, with visits on the Monday and Tuesday of the week after next."""
    today = datetime.now(UTC).date()
    monday = today + timedelta(days=14 - today.weekday())
    (folder / "clients.csv").write_text(
        "First name,Last name,Date of birth,Mobile phone\n"
        "Ana,Torres,6/15/1984,(206) 555-0143\n"
        "Bo,Kim,1/2/1990,206 555 0145\n"
    )
    (folder / "availability.csv").write_text(
        "Clinician,Weekday,Start,End\nDr. Holloway,Mon-Wed,9:00 AM,5:00 PM\nDr. Holloway,Fri,9am - 1pm,\n"
    )
    (folder / "appointments.csv").write_text(
        "Client,Clinician,Date,Start,End,Service,Status\n"
        f"Ana Torres,Dr. Holloway,{monday:%m/%d/%Y},9:00 AM,9:50 AM,Session,Scheduled\n"
        f"Bo Kim,Dr. Holloway,{monday:%m/%d/%Y},10:00 AM,10:50 AM,Session,Scheduled\n"
        f"Ana Torres,Dr. Holloway,{monday + timedelta(days=1):%m/%d/%Y},9:00 AM,9:50 AM,Session,Scheduled\n"
    )


async def run(processes: Processes, *command: str, code: int = 0) -> str:
    """What a command says, and that it ends as expected."""
    running = processes.stillon(*command)
    assert await asyncio.to_thread(running.wait, seconds=SECONDS) == code, running.said()
    return running.said()


# ---- starts that are refused -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filled:
    """A database with a practice in it, and its key ring."""

    url: str
    keyring: Path

    @property
    def settings(self) -> dict[str, str | Path]:
        return {"database_url": self.url, "keyring": self.keyring}

    def be_of_version(self, version: str) -> None:
        with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.close()

    @property
    def version(self) -> str:
        with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
            (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.close()
        return str(found)


@pytest.fixture
async def filled(databases: Databases, key_ring: KeyRing, keyring_file: Path, clock: ManualClock) -> Filled:
    url = await databases.migrated("sqlite")
    record = Record(open_engines(url), clock, Vault(key_ring))
    await open_office(record)
    await record.close()
    return Filled(url, keyring_file)


@contextmanager
def taken_port() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


async def refused(processes: Processes, *commands: tuple[str, dict[str, object]]) -> list[str]:
    """What each command says, all of them at once, when each ends with exit code 2."""
    running = [processes.stillon(*command.split(), **settings) for command, settings in commands]
    codes = [await asyncio.to_thread(each.wait, seconds=SECONDS) for each in running]
    assert codes == [2] * len(running), [each.said() for each in running]
    return [each.said().strip() for each in running]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.long
async def test_settings_that_do_not_fit_are_named(processes: Processes, filled: Filled):
    unknown, value, lonely = await refused(
        processes,
        ("serve", {**filled.settings, "databse_url": "x"}),
        ("serve", {**filled.settings, "port": "http"}),
        ("serve", {**filled.settings, "twilio_auth_token": "0123456789abcdef"}),
    )
    assert unknown == "STILLON_DATABSE_URL is not a setting; did you mean STILLON_DATABASE_URL?"
    assert value == "STILLON_PORT: expected the port to listen on, from 1 to 65535"
    assert lonely == "STILLON_TWILIO_ACCOUNT_SID and STILLON_TWILIO_AUTH_TOKEN: expected both or neither"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.long
async def test_two_processes_on_sqlite_are_refused(processes: Processes, filled: Filled):
    web, work = await refused(processes, ("web", filled.settings), ("work", filled.settings))
    assert web == work == "SQLite is for one process: use `stillon serve`, or PostgreSQL for `web` and `work`."


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.long
async def test_a_key_ring_that_is_missing_or_anothers_is_refused(processes: Processes, filled: Filled, tmp_path: Path):
    foreign, absent = tmp_path / "foreign.json", tmp_path / "absent.json"
    save_ring(new_ring(), foreign)
    said = await refused(
        processes,
        ("serve", {**filled.settings, "keyring": absent}),
        ("check", {**filled.settings, "keyring": absent}),
        ("serve", {**filled.settings, "keyring": foreign}),
        ("check", {**filled.settings, "keyring": foreign}),
        ("import x.csv", {**filled.settings, "keyring": foreign}),
    )
    missing = "The key ring is missing. Restore its backup, or for a new installation run `stillon keys new`."
    anothers = "This key ring does not open this database. Restore the one that belongs to it."
    assert said == [missing, missing, anothers, anothers, anothers]
    assert not absent.exists(), "a new ring would hide that the old one is lost"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.long
async def test_a_database_of_another_version_is_refused_and_left_alone(processes: Processes, filled: Filled):
    filled.be_of_version("ffff")
    said = await refused(
        processes, ("serve", filled.settings), ("migrate", filled.settings), ("check", filled.settings)
    )
    newer = "The database was written by a newer Stillon. Install that version; this one changes nothing."
    assert said == [newer, newer, newer]
    assert filled.version == "ffff"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.long
async def test_a_taken_port_an_empty_record_and_an_unreadable_file_are_said(
    processes: Processes, filled: Filled, databases: Databases, tmp_path: Path
):
    nobody = {**filled.settings, "database_url": await databases.migrated("sqlite")}
    empty = {**filled.settings, "database_url": await databases.empty("sqlite")}
    with taken_port() as port:
        taken, practice, database, file = await refused(
            processes,
            ("serve", {**filled.settings, "port": port}),
            ("import x.csv", nobody),
            ("check", empty),
            (f"sandbox --config {tmp_path / 'nothing.json'}", {}),
        )
    assert taken == "That port is in use by another program. Choose another with STILLON_PORT."
    assert practice == "There is no practice yet. Open the one-time set-up address first."
    assert database == "The database is empty. Run `stillon migrate` first."
    assert file == "The configuration file cannot be read, or has a name or value that does not fit."
