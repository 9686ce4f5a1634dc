"""The key ring: a small file outside the database that makes its ciphertext readable.

It holds key-encryption keys (KEKs, one of them active) and one root from which the keyed hashes are derived:
blind indexes, link tokens, the audit chain. KEKs rotate; the root stays, since look-ups depend on it.
Invariant: nothing of this file ever enters the database, a log or a backup of the database.
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from scheduler.core.errors import Misconfigured

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyRing:
    """KEKs by number, which of them wraps new data keys, and the root of the keyed hashes."""

    active: int
    keks: dict[int, bytes] = field(repr=False)
    root: bytes = field(repr=False)

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, always the same for the same ring (HKDF-SHA256)."""
        info = b"stillon/" + purpose.encode()
        return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self.root)

    def with_new_kek(self) -> "KeyRing":
        """The ring with one more KEK, active from now on; old ones stay to read with."""
        number = max(self.keks) + 1
        return KeyRing(number, {**self.keks, number: secrets.token_bytes(KEY_BYTES)}, self.root)

    def without_kek(self, number: int) -> "KeyRing":
        """The ring without an old KEK: data keys still wrapped by it are gone for good.

        Raises:
            Misconfigured: `number` is the active KEK.
        """
        if number == self.active:
            raise Misconfigured("active_key_cannot_be_removed", key=number)
        return KeyRing(self.active, {n: key for n, key in self.keks.items() if n != number}, self.root)


def new_ring() -> KeyRing:
    """A ring of fresh chance."""
    return KeyRing(1, {1: secrets.token_bytes(KEY_BYTES)}, secrets.token_bytes(KEY_BYTES))


def load_ring(path: Path) -> KeyRing:
    """Read a ring.

    Raises:
        Misconfigured: absent, unreadable, or not a key ring; the file's content is not repeated.
    """
    try:
        raw = json.loads(path.read_text(encoding="ascii"))
        keks = {int(number): _key(text) for number, text in raw["keks"].items()}
        ring = KeyRing(int(raw["active"]), keks, _key(raw["root"]))
    except FileNotFoundError:
        raise Misconfigured("keyring_missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Misconfigured("keyring_unreadable") from None
    if ring.active not in ring.keks:
        raise Misconfigured("keyring_unreadable")
    return ring


def save_ring(ring: KeyRing, path: Path) -> None:
    """Write a ring so that a crash leaves the old file or the new one, readable by its owner only."""
    keks = {str(number): base64.b64encode(key).decode() for number, key in ring.keks.items()}
    text = json.dumps({"active": ring.active, "keks": keks, "root": base64.b64encode(ring.root).decode()})
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(path.suffix + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("key_length")
    return key
