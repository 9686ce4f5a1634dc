"""The loop a long-running process lives on, and how it collects its garbage.

uvloop where there is one (everywhere but on Windows): sending is mostly network, and it takes half the processor time
for it. What was loaded at the start is never garbage, and is not looked through again and again; what is young is
collected in small lots, since nobody is served meanwhile. Invariant: nothing depends on which loop it is.
"""

import asyncio
import gc
import importlib
from collections.abc import Coroutine
from typing import Any

YOUNG = 10_000


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a service to its end."""
    keep_what_is_loaded()
    gc.set_threshold(YOUNG, 20, 100)
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(main)


def keep_what_is_loaded() -> None:
    """Call once all that stays has been made: collecting leaves it alone from now on."""
    gc.collect()
    gc.freeze()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        made: asyncio.AbstractEventLoop = importlib.import_module("uvloop").new_event_loop()
    except ImportError:
        return asyncio.new_event_loop()
    return made
