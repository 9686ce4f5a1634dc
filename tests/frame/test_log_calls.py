"""Every log call in the sources keeps the rules before it ever runs: a fixed event, and keys that may be shown."""

import ast
import re
from collections.abc import Iterator

from scheduler.core.log import ALLOWED_KEYS
from tests.rig.process import ROOT

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
EVENT = re.compile(r"[a-z][a-z0-9_.]*")
ARGUMENTS = {"exc_info", "event"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for package in ("bot", "messages", "scheduler", "waitlist"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and is_log_call(node.func):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def is_log_call(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute) or function.attr not in LEVELS:
        return False
    return bool(re.search(r"\b_?log(ger)?\b", ast.unparse(function.value).rpartition(".")[2]))


def test_there_are_log_calls_to_look_at():
    assert len(list(calls())) > 3


def test_every_event_is_a_fixed_word():
    odd = [
        where
        for where, call in calls()
        if not (
            len(call.args) == 1
            and isinstance(call.args[0], ast.Constant)
            and isinstance(call.args[0].value, str)
            and EVENT.fullmatch(call.args[0].value)
        )
    ]
    assert odd == []


def test_every_key_may_be_shown():
    odd = {
        f"{where} {keyword.arg}"
        for where, call in calls()
        for keyword in call.keywords
        if keyword.arg is None or not (keyword.arg in ALLOWED_KEYS | ARGUMENTS or keyword.arg.endswith("_id"))
    }
    assert odd == set()


def test_the_search_finds_a_call_however_the_logger_is_named():
    for source in ("log.info('x')", "_log.error('x', to=1)", "self._log.warning('x')", "logger.debug('x')"):
        call = ast.parse(source).body[0].value
        assert is_log_call(call.func), source
    assert not is_log_call(ast.parse("catalog.error('x')").body[0].value.func)
