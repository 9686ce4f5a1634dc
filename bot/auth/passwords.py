"""Passwords: which are good enough, and their hashes.

Hashing is Argon2id with OWASP's low-memory parameters (19 MiB, two passes, one lane), about 35 ms, in a thread; two at
once at most, so that a flood of sign-ins costs memory and processor time that are known beforehand.
Invariant: verifying takes as long for an account that does not exist.
"""

import asyncio
import re
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from scheduler.core.errors import Invalid

SHORTEST: Final = 12
LONGEST: Final = 128
AT_ONCE: Final = 2
_COMMON_STEMS: Final = frozenset(
    """
    password passwort contrasena welcome letmein iloveyou qwerty qwertyuiop azerty asdfgh asdfghjkl zxcvbnm
    admin administrator changeme secret master monkey dragon football baseball sunshine princess superman
    trustno practice therapy therapist counseling appointment reminder stillon frontdesk reception hello
    default guest spring summer autumn winter monday january
    """.split()  # noqa: SIM905 -- a paragraph of words is easier to read and extend than forty quoted ones
)
_ROWS: Final = ("01234567890", "09876543210", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz")
_LEET: Final = str.maketrans("013457$@!", "oieastsai")


def check_password(password: str, *, email: str) -> None:
    """Pass passwords that are long enough and not among the first an attacker would try. Any characters are allowed.

    Raises:
        Invalid: password_too_short, password_too_long or password_too_common; `field` is password.
    """
    if len(password) < SHORTEST:
        raise Invalid("password_too_short", field="password", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid("password_too_long", field="password", longest=LONGEST)
    if _is_common(password.casefold(), email.casefold()):
        raise Invalid("password_too_common", field="password")


def _is_common(password: str, email: str) -> bool:
    if len(set(password)) < 5 or _is_repeated(password):  # noqa: PLR2004 -- "abababababab" is one thought
        return True
    if any(row[start : start + 8] in password for row in _ROWS for start in range(max(1, len(row) - 7))):
        return True
    local = email.partition("@")[0]
    if password.strip("0123456789!?.-_ ") in {email, local}:
        return True
    plain = re.sub(r"[^a-z]+", "", password.rstrip("0123456789!?.-_ ").translate(_LEET))
    return plain in _COMMON_STEMS or any(
        plain.startswith(stem) and plain.removeprefix(stem) in _COMMON_STEMS for stem in _COMMON_STEMS
    )


def _is_repeated(password: str) -> bool:
    return any(
        password == (password[:size] * len(password))[: len(password)] for size in range(1, len(password) // 2 + 1)
    )


class Passwords:
    """Makes and checks hashes. One per process."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """What is stored of a password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password; False, after the same time, when there is no account or no password yet."""
        async with self._turns:
            matches = await asyncio.to_thread(self._matches, stored or self._nobody, password[: LONGEST + 1])
        return matches and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
