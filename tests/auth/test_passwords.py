import asyncio
import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from bot.auth.passwords import LONGEST, SHORTEST, Passwords, check_password
from bot.auth.second_factor import (
    STEP_SECONDS,
    accepted_step,
    app_address,
    new_recovery_codes,
    picture,
    secret_from,
    tidy_recovery,
)
from bot.auth.throttle import FREE_TRIES, LONGEST_WAIT, wait_after
from scheduler.core.errors import Invalid

SECRET = secret_from(bytes(range(20)))
NOW = datetime(2026, 3, 4, 15, 0, 7, tzinfo=UTC)
steps = st.integers(min_value=50_000_000, max_value=60_000_000)


@pytest.mark.parametrize(
    "password",
    [
        "Password1234", "P@ssw0rd1234", "password password", "qwertyuiop123", "aaaaaaaaaaaaaaaa", "abcabcabcabcabc",
        "123456789012", "000000000000000", "Welcome2026!!", "maya.okafor2026", "maya.okafor@staff.example",
        "zxcvbnm,./1234asdfghjkl", "Letmein Letmein", "stillon-admin-2026", "TherapyPractice1",
    ],
)  # fmt: skip
def test_passwords_an_attacker_tries_first_are_refused(password):
    with pytest.raises(Invalid, match="password_too_common"):
        check_password(password, email="maya.okafor@staff.example")


@pytest.mark.parametrize(
    "password",
    [
        "quiet rooms by the river",
        "correct horse battery staple",
        "Ünïcödé wörds sind güt",
        "x7#Kq!92mZp$",
        " leading and trailing ",
    ],
)
def test_phrases_and_any_characters_are_welcome(password):
    check_password(password, email="maya.okafor@staff.example")


def test_length_is_bounded_on_both_sides():
    varied = base64.b64encode(hashlib.sha512(b"any").digest() * 2).decode()
    with pytest.raises(Invalid, match="password_too_short"):
        check_password(varied[: SHORTEST - 1], email="a@b.example")
    check_password(varied[:SHORTEST], email="a@b.example")
    check_password(varied[:LONGEST], email="a@b.example")
    with pytest.raises(Invalid, match="password_too_long"):
        check_password(varied[: LONGEST + 1], email="a@b.example")


async def test_a_hash_knows_its_password_and_no_other():
    passwords = Passwords(PasswordHasher(1, 8, 1))
    stored = await passwords.hash("quiet rooms by the river")
    assert stored.startswith("$argon2id$")
    assert "quiet" not in stored
    assert await passwords.verify(stored, "quiet rooms by the river")
    assert not await passwords.verify(stored, "quiet rooms by the River")
    assert not await passwords.verify(None, "nobody has this password")
    assert not await passwords.verify("not a hash", "anything")


async def test_the_real_hash_uses_nineteen_mebibytes_and_old_ones_are_known_as_old():
    passwords = Passwords()
    stored = await passwords.hash("x")
    assert "m=19456,t=2,p=1" in stored
    assert not passwords.is_outdated(stored)
    assert passwords.is_outdated(PasswordHasher(1, 8, 1).hash("x"))


async def test_never_more_than_two_at_once():
    running, most = 0, 0

    class Counting(PasswordHasher):
        def hash(self, password, *, salt=None):
            nonlocal running, most
            running += 1
            most = max(most, running)
            made = super().hash(password, salt=salt)
            running -= 1
            return made

    passwords = Passwords(Counting(1, 1024, 1))
    await asyncio.gather(*(passwords.hash("x") for _ in range(8)))
    assert 1 <= most <= 2


def test_codes_are_those_of_every_app():
    # RFC 6238, appendix B, SHA-1, the last six of the eight digits.
    secret = secret_from(b"12345678901234567890")
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")):
        at = datetime.fromtimestamp(seconds, UTC)
        assert accepted_step(secret, code, at, None) == seconds // STEP_SECONDS


@given(steps, st.integers(min_value=-5, max_value=5))
def test_a_code_is_good_one_step_around_its_own(step, off):
    now = datetime.fromtimestamp(step * STEP_SECONDS + 3, UTC)
    code = pyotp.TOTP(SECRET).at((step + off) * STEP_SECONDS)
    accepted = accepted_step(SECRET, code, now, None)
    near = {pyotp.TOTP(SECRET).at((step + n) * STEP_SECONDS) for n in (-1, 0, 1)}
    assert (accepted is not None) == (code in near)


@given(steps, st.integers(min_value=-2, max_value=2))
def test_a_used_step_and_all_before_it_are_refused(step, last):
    now = datetime.fromtimestamp(step * STEP_SECONDS, UTC)
    for offset in (-1, 0, 1):
        code = pyotp.TOTP(SECRET).at((step + offset) * STEP_SECONDS)
        accepted = accepted_step(SECRET, code, now, step + last)
        assert accepted is None or accepted > step + last


def test_what_is_no_code_is_refused_quietly():
    for junk in ("", "12345", "1234567", "abcdef", "１２３４５６", "\x00", "9" * 500):
        assert accepted_step(SECRET, junk, NOW, None) is None


def test_the_address_for_the_app_and_its_picture():
    address = app_address(SECRET, "maya@staff.example")
    assert address.startswith("otpauth://totp/Stillon:maya%40staff.example?")
    assert SECRET in address
    drawn = picture(address)
    assert "style=" not in drawn
    assert "<svg" in drawn
    assert SECRET not in drawn


def test_recovery_codes_are_many_different_and_forgiving_of_typing():
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert {tidy_recovery(code) for code in codes} == {
        tidy_recovery(f" {code.upper().replace('-', ' ')} ") for code in codes
    }
    assert {len(tidy_recovery(code)) for code in codes} == {16}


@given(st.integers(min_value=0, max_value=10_000))
def test_waits_grow_and_are_bounded(failures):
    assert timedelta(0) <= wait_after(failures) <= wait_after(failures + 1) <= LONGEST_WAIT
    assert (wait_after(failures) == timedelta(0)) == (failures < FREE_TRIES)
