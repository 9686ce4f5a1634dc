"""How much processor time a PostgreSQL server on this machine has used so far, all its processes together.

Read from /proc, so on Linux only; elsewhere, or with a server on another machine, there is no figure.
Invariant: nothing but numbers is read.
"""

import os
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_PARENT, _USER, _SYSTEM, _ENDED_USER, _ENDED_SYSTEM = 1, 11, 12, 13, 14  # places after the name in /proc/PID/stat


def used_by_server(backend: int | None) -> float | None:
    """Seconds used by the server that the process `backend` belongs to, those that have ended included."""
    if backend is None or not _is_postgres(backend):
        return None
    return used_by_tree(_fields(backend)[_PARENT])


def used_by_tree(server: int) -> float:
    """Seconds used by a server process and its children, those that have ended included."""
    ticks = _fields(server)[_ENDED_USER] + _fields(server)[_ENDED_SYSTEM]
    for each in (server, *_children(server)):
        try:
            fields = _fields(each)
        except (OSError, ValueError):  # it has just ended; the server's own count has it next time
            continue
        ticks += fields[_USER] + fields[_SYSTEM]
    return ticks / os.sysconf("SC_CLK_TCK")


def _is_postgres(process: int) -> bool:
    try:
        return "postgres" in (_PROC / str(process) / "comm").read_text()
    except OSError:
        return False


def _children(parent: int) -> list[int]:
    found = []
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            try:
                if _fields(int(folder.name))[_PARENT] == parent:
                    found.append(int(folder.name))
            except (OSError, ValueError):
                continue
    return found


def _fields(process: int) -> list[int]:
    """The numbers after the name, with the state letter as 0."""
    words = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    return [0, *map(int, words[1:15])]
