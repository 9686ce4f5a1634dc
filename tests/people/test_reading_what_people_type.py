"""Phone numbers, mail addresses and search words, without a database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.people.mail_address import NotAnAddress, parse_mail_address
from scheduler.people.phone import NotAPhone, parse_phone
from scheduler.people.search_words import terms_of, words_of


@pytest.mark.parametrize(
    ("typed", "region", "read"),
    [
        ("(202) 555-0123", "US", "+12025550123"),
        ("202.555.0123", "US", "+12025550123"),
        ("1-202-555-0123", "US", "+12025550123"),
        ("+44 20 7946 0958", "US", "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
    ],
)
def test_a_phone_is_read_by_the_habits_of_its_region(typed: str, region: str, read: str) -> None:
    assert parse_phone(typed, region) == read


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("call me", "not_a_number"),
        ("555-0100", "not_assigned"),
        ("(202) 555-0123 x12", "has_extension"),
        ("555-555-01000000", "not_assigned"),
        ("+1 000 000 0000", "not_assigned"),
    ],
)
def test_what_is_no_phone_is_refused_with_a_reason(typed: str, why: str) -> None:
    assert parse_phone(typed, "US") == NotAPhone(why)


@given(st.text(max_size=40))
def test_any_text_is_a_phone_or_a_reason(text: str) -> None:
    read = parse_phone(text, "US")
    assert isinstance(read, NotAPhone) or read.startswith("+")


def test_a_mail_address_keeps_its_local_part_and_lowers_its_domain() -> None:
    assert parse_mail_address(" Ana.Ruiz+x@Example.ORG ") == "Ana.Ruiz+x@example.org"


@pytest.mark.parametrize(
    "typed",
    [
        *("ana", "ana@", "@example.org", "ana@example", "a b@example.org", ".a@example.org", "a..b@example.org"),
        *("ana@example.org\nBcc: x@example.org", "a@example.org,b@example.org", "ana@-x.org"),
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert parse_mail_address(typed) == NotAnAddress("not_an_address")


def test_an_endless_address_is_refused() -> None:
    assert parse_mail_address("a" * 65 + "@example.org") == NotAnAddress("too_long")


WORDS = words_of(["Ana María", "O'Brien-Ruiz", "Nita"], date(1984, 7, 9), ["+12025550123"], "SP-1042")


@pytest.mark.parametrize(
    "asked",
    [
        *("ana", "Mar", "maria", "MARÍA", "obrien", "O'Brien", "brien", "ruiz nit", "an ru"),
        *("7/9/1984", "07/09/1984", "1984-07-09", "0123", "555-0123", "(202) 555-0123", "+1 202 555 0123"),
        *("sp-1042", "SP-1042", "obrienruiz", "nita 0123"),
    ],
)
def test_a_client_is_found_however_they_are_typed(asked: str) -> None:
    terms = terms_of(asked, month_first=True)
    assert terms
    assert all(term & WORDS for term in terms)


@pytest.mark.parametrize("asked", ["bob", "ana smith", "1984-07-10", "9/7/1984", "0124", "202-555-0124", "sp-1043"])
def test_others_are_not_found(asked: str) -> None:
    assert not all(term & WORDS for term in terms_of(asked, month_first=True))


def test_dates_follow_the_order_of_the_locale() -> None:
    assert all(term & WORDS for term in terms_of("9/7/1984", month_first=False))


@given(st.text(max_size=60), st.booleans())
def test_any_text_can_be_searched_for(text: str, month_first: bool) -> None:
    assert len(terms_of(text, month_first=month_first)) <= 6


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzáéñöçÄÉÑSTZ", min_size=2, max_size=20), st.data())
def test_every_beginning_of_a_name_finds_it(name: str, data: st.DataObject) -> None:
    words = words_of([name], None, [], None)
    (term,) = terms_of(name[: data.draw(st.integers(2, len(name)))], month_first=True)
    assert term & words
