"""Sealing fields, finding them again, and the keyed hashes of links. See reliability.md section 3.9.

A field with personal data is stored as AES-256-GCM ciphertext under the data key of its client (or practice),
and that key is stored wrapped by the key ring: destroy the wrapped key and the data is gone, backups included.
A ciphertext is bound to practice, table, row and column, so it opens nowhere else.
Look-ups go through blind indexes: keyed HMACs of the normalised value, different per practice and field.
Invariant: no plaintext field, data key or link token is ever handed to the database.
"""

import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from scheduler.core.errors import Misconfigured
from scheduler.core.keys import KeyRing

_VERSION = b"\x01"
_NONCE = 12
_KEK_ID = 4
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN_CHARS = 22  # 131 bits: ASVS 11.5.1 asks for 128
_PAIRS = tuple(low + high for high in _BASE62 for low in _BASE62)
_SQUARE = len(_PAIRS)
_HALF: int = _SQUARE**5
_TOKENS: int = len(_BASE62) ** TOKEN_CHARS


class Where(NamedTuple):
    """The place a ciphertext belongs to, and the only one where it opens."""

    practice_id: str
    table: str
    row_id: str
    column: str


class Box:
    """Seals and opens fields under one data key."""

    __slots__ = ("_aead",)

    def __init__(self, data_key: bytes) -> None:
        self._aead = AESGCM(data_key)

    def seal(self, where: Where, text: str) -> bytes:
        """Ciphertext of `text`, different at every call."""
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + nonce + self._aead.encrypt(nonce, text.encode(), _bound_to(where))

    def open(self, where: Where, sealed: bytes) -> str:
        """The text again.

        Raises:
            Misconfigured: another key, another place, or a changed byte; says the place, not the content.
        """
        if sealed[:1] != _VERSION:
            raise Misconfigured("ciphertext_unknown_version", table=where.table, column=where.column)
        nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return self._aead.decrypt(nonce, body, _bound_to(where)).decode()
        except InvalidTag:
            raise Misconfigured("ciphertext_does_not_open", table=where.table, column=where.column) from None


class Vault:
    """The key ring at work."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._index_key = ring.derive("blind-index")
        self._link_key = ring.derive("link-token")
        self._digest_key = ring.derive("link-digest")
        self.audit_key = ring.derive("audit-chain")
        self.spool_key = ring.derive("webhook-spool")
        self._unwrapped = lru_cache(maxsize=4096)(self._unwrap)

    def new_data_key(self) -> bytes:
        """A fresh data key, wrapped by the active KEK: what the row of its owner stores."""
        return self._wrap(secrets.token_bytes(32))

    def box(self, wrapped: bytes) -> Box:
        """The box of a wrapped data key.

        Raises:
            Misconfigured: the KEK is not on the ring, or the wrapped key was changed.
        """
        return self._unwrapped(wrapped)

    def is_stale(self, wrapped: bytes) -> bool:
        """Whether a data key is wrapped by a KEK that is no longer the active one."""
        return wrapped_by(wrapped) != self._ring.active

    def rewrap(self, wrapped: bytes) -> bytes:
        """The same data key under the active KEK; no field has to be touched."""
        return self._wrap(self._data_key(wrapped))

    def blind(self, practice_id: str, field: str, value: str) -> bytes:
        """A blind index: equal for equal values of one field of one practice, else unrelated.

        `value` must be normalised by the caller (E.164, casefolded name, ISO date).
        """
        message = f"{practice_id}\x1f{field}\x1f{value}".encode()
        return hmac.digest(self._index_key, message, hashlib.sha256)

    def link_token(self, link_id: str) -> str:
        """The secret of a link: 22 base62 characters that only the key ring can make from the row's id.

        Deriving it lets a message be worded again, byte for byte, without storing the token anywhere.
        """
        number = int.from_bytes(hmac.digest(self._link_key, link_id.encode(), hashlib.sha256), "big")
        rest, low = divmod(number % _TOKENS, _HALF)  # numbers that fit a machine word divide faster
        high, middle = divmod(rest, _HALF)
        return _half_token(low) + _half_token(middle) + _PAIRS[high]

    def token_digest(self, token: str) -> bytes:
        """What is stored of any bearer secret (link, session, set-up address): a keyed hash."""
        return hmac.digest(self._digest_key, token.encode(), hashlib.sha256)

    def _wrap(self, data_key: bytes) -> bytes:
        number = self._ring.active
        return number.to_bytes(_KEK_ID, "big") + aes_key_wrap(self._ring.keks[number], data_key)

    def _unwrap(self, wrapped: bytes) -> Box:
        return Box(self._data_key(wrapped))

    def _data_key(self, wrapped: bytes) -> bytes:
        number = wrapped_by(wrapped)
        kek = self._ring.keks.get(number)
        if kek is None:
            raise Misconfigured("data_key_needs_missing_key", key=number)
        try:
            return aes_key_unwrap(kek, wrapped[_KEK_ID:])
        except InvalidUnwrap:
            raise Misconfigured("data_key_does_not_unwrap", key=number) from None


def _half_token(number: int) -> str:
    """Ten characters: base 62, the lowest digit first."""
    rest, first = divmod(number, _SQUARE)
    rest, second = divmod(rest, _SQUARE)
    rest, third = divmod(rest, _SQUARE)
    fifth, fourth = divmod(rest, _SQUARE)
    return _PAIRS[first] + _PAIRS[second] + _PAIRS[third] + _PAIRS[fourth] + _PAIRS[fifth]


def wrapped_by(wrapped: bytes) -> int:
    """The number of the KEK that wraps a data key."""
    return int.from_bytes(wrapped[:_KEK_ID], "big")


def _bound_to(where: Where) -> bytes:
    return b"|".join((_VERSION, "|".join(where).encode()))
