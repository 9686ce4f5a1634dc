"""The loop a long-running process lives on, and how it collects its garbage.

uvloop where there is one (everywhere but on Windows): sending is mostly network, and it takes half the processor time
for it. What was loaded at the start is never garbage, and a claim makes thousands of short-lived values at once, so
collecting waits for more of them. Invariant: nothing depends on which loop it is.
"""

import asyncio
import gc
import importlib
from collections.abc import Coroutine
from typing import Any

YOUNG = 50_000


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a service to its end."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 100)
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(main)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        made: asyncio.AbstractEventLoop = importlib.import_module("uvloop").new_event_loop()
    except ImportError:
        return asyncio.new_event_loop()
    return made
