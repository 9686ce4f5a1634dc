"""Has the database itself refuse a change of a message's state that messages/states.py does not have."""

from sqlalchemy import text

from messages.states import BORN, TRANSITIONS
from scheduler.core.engine import Engines

_KNOWN = ", ".join(f"'{before}>{after}'" for before, after in TRANSITIONS)
_BORN = ", ".join(f"'{state}'" for state in BORN)

_SQLITE = (
    f"""CREATE TRIGGER guard_state BEFORE UPDATE OF state ON message
        WHEN OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({_KNOWN})
        BEGIN SELECT RAISE(ABORT, 'state_not_in_the_table'); END""",
    f"""CREATE TRIGGER guard_birth BEFORE INSERT ON message WHEN NEW.state NOT IN ({_BORN})
        BEGIN SELECT RAISE(ABORT, 'state_not_in_the_table'); END""",
)
_POSTGRES = (
    """CREATE FUNCTION guard_state() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'state_not_in_the_table'; END $$""",
    f"""CREATE TRIGGER guard_state BEFORE UPDATE OF state ON message FOR EACH ROW
        WHEN (OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({_KNOWN}))
        EXECUTE FUNCTION guard_state()""",
    f"""CREATE TRIGGER guard_birth BEFORE INSERT ON message FOR EACH ROW WHEN (NEW.state NOT IN ({_BORN}))
        EXECUTE FUNCTION guard_state()""",
)

_SQLITE_OFF = ("DROP TRIGGER guard_birth", "DROP TRIGGER guard_state")
_POSTGRES_OFF = ("DROP FUNCTION guard_state CASCADE",)


async def guard(engines: Engines) -> None:
    """Install the guard in a database."""
    await _say(engines, _SQLITE if engines.is_sqlite else _POSTGRES)


async def unguard(engines: Engines) -> None:
    """Take it away again, so that the database is as it was made and the next test may have it."""
    await _say(engines, _SQLITE_OFF if engines.is_sqlite else _POSTGRES_OFF)


async def _say(engines: Engines, statements: tuple[str, ...]) -> None:
    async with engines.writer.begin() as conn:
        for statement in statements:
            await conn.execute(text(statement))
