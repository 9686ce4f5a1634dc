"""Sealing, finding and losing fields on purpose."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.core.errors import Misconfigured
from scheduler.core.keys import KeyRing, load_ring, new_ring, save_ring
from scheduler.core.vault import TOKEN_CHARS, Vault, Where, wrapped_by

RING = KeyRing(1, {1: bytes(range(32))}, bytes(range(32, 64)))
HERE = Where("p1", "client", "c1", "name_ct")


@given(st.text())
def test_what_is_sealed_opens_again_and_never_looks_the_same(text: str) -> None:
    vault = Vault(RING)
    box = vault.box(vault.new_data_key())
    first, second = box.seal(HERE, text), box.seal(HERE, text)
    assert first != second
    assert box.open(HERE, first) == box.open(HERE, second) == text


@pytest.mark.parametrize(
    "elsewhere",
    [
        HERE._replace(practice_id="p2"),
        HERE._replace(table="inbound"),
        HERE._replace(row_id="c2"),
        HERE._replace(column="birth_date_ct"),
    ],
)
def test_a_ciphertext_opens_nowhere_else(elsewhere: Where) -> None:
    vault = Vault(RING)
    box = vault.box(vault.new_data_key())
    sealed = box.seal(HERE, "Ana")
    with pytest.raises(Misconfigured, match="ciphertext_does_not_open"):
        box.open(elsewhere, sealed)


@given(st.data())
def test_a_changed_byte_is_noticed(data: st.DataObject) -> None:
    vault = Vault(RING)
    box = vault.box(vault.new_data_key())
    sealed = bytearray(box.seal(HERE, "Ana"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Misconfigured):
        box.open(HERE, bytes(sealed))


def test_another_data_key_does_not_open_it() -> None:
    vault = Vault(RING)
    sealed = vault.box(vault.new_data_key()).seal(HERE, "Ana")
    with pytest.raises(Misconfigured):
        vault.box(vault.new_data_key()).open(HERE, sealed)


def test_rotating_rewraps_keys_and_touches_no_field() -> None:
    before = Vault(RING)
    wrapped = before.new_data_key()
    sealed = before.box(wrapped).seal(HERE, "Ana")
    ring = RING.with_new_kek()
    after = Vault(ring)
    assert after.is_stale(wrapped)
    rewrapped = after.rewrap(wrapped)
    assert (wrapped_by(wrapped), wrapped_by(rewrapped)) == (1, 2)
    alone = Vault(ring.without_kek(1))
    assert alone.box(rewrapped).open(HERE, sealed) == "Ana"
    with pytest.raises(Misconfigured, match="data_key_needs_missing_key"):
        alone.box(wrapped)


def test_a_tampered_wrapping_does_not_unwrap() -> None:
    vault = Vault(RING)
    wrapped = bytearray(vault.new_data_key())
    wrapped[-1] ^= 1
    with pytest.raises(Misconfigured, match="data_key_does_not_unwrap"):
        vault.box(bytes(wrapped))


def test_the_active_key_cannot_be_removed() -> None:
    with pytest.raises(Misconfigured, match="active_key"):
        RING.without_kek(1)


def test_blind_indexes_differ_by_practice_field_value_and_ring() -> None:
    vault, other = Vault(RING), Vault(new_ring())
    same = vault.blind("p1", "phone", "+12065550101")
    assert same == vault.blind("p1", "phone", "+12065550101")
    different = {
        vault.blind("p2", "phone", "+12065550101"),
        vault.blind("p1", "email", "+12065550101"),
        vault.blind("p1", "phone", "+12065550102"),
        other.blind("p1", "phone", "+12065550101"),
    }
    assert len(different) == 4
    assert same not in different


def test_link_tokens_are_made_again_by_the_same_ring_only() -> None:
    vault = Vault(RING)
    tokens = {vault.link_token(f"{number:032x}") for number in range(2000)}
    assert len(tokens) == 2000
    assert {len(token) for token in tokens} == {TOKEN_CHARS}
    assert all(token.isascii() and token.isalnum() for token in tokens)
    assert vault.link_token("a") == Vault(RING).link_token("a") != Vault(new_ring()).link_token("a")
    assert vault.token_digest("x") != Vault(new_ring()).token_digest("x")


def test_a_ring_is_kept_for_its_owner_alone_and_read_again(tmp_path: Path) -> None:
    ring, path = new_ring(), tmp_path / "deep" / "keyring.json"
    save_ring(ring, path)
    assert load_ring(path) == ring
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert repr(ring.root) not in repr(ring)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b'{"active": 1, "keks": {"1": "AA=="}, "root": "AA=="}']
)
def test_a_broken_ring_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keyring.json"
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"^keyring_unreadable$"):
        load_ring(path)


def test_a_missing_ring_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="keyring_missing"):
        load_ring(tmp_path / "nothing.json")
