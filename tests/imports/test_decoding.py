"""Bytes to records: encodings, separators, quotes, true line numbers."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.imports import decoding
from scheduler.imports.decoding import Encoding, Unreadable, UnreadableFileError, decode, records

LINES = "Name,City\r\nZoë,Köln\r\nBjörn,Malmö\r\n"


def cells(raw: bytes) -> list[list[str]]:
    return [record.cells for record in records(decode(raw))]


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", Encoding.UTF_8),
        ("utf-8-sig", Encoding.UTF_8_BOM),
        ("cp1252", Encoding.WINDOWS_1252),
        ("utf-16", Encoding.UTF_16),
    ],
)
def test_every_encoding_gives_the_same_cells_and_says_its_name(codec: str, encoding: Encoding):
    raw = LINES.encode(codec)
    assert decode(raw).encoding is encoding
    assert cells(raw) == [["Name", "City"], ["Zoë", "Köln"], ["Björn", "Malmö"]]


def test_windows_quotes_and_euro_signs_are_read():
    assert cells("Name,Note\nD’Arcy,“5 €”\n".encode("cp1252"))[1] == ["D’Arcy", "“5 €”"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_separator_is_found(delimiter: str):
    raw = f"Name{delimiter}City\nAna{delimiter}Rome\n".encode()
    assert decode(raw).delimiter == delimiter
    assert cells(raw) == [["Name", "City"], ["Ana", "Rome"]]


def test_commas_in_quotes_do_not_pass_for_separators():
    raw = b'Name;Note\n"Lee, Ana";"a, b, c, d"\n'
    assert decode(raw).delimiter == ";"


def test_commas_in_plain_text_do_not_outvote_the_separator():
    assert decode(b"Name;Note\nLee;a, b, c, d\nKim;x, y\n").delimiter == ";"


def test_a_single_column_is_read_with_commas():
    assert decode(b"Name\nAna\n").delimiter == ","


def test_a_title_line_does_not_hide_the_separator():
    assert decode(b"Jane Payments\nDate;Payout;Status\n1;2;3\n").delimiter == ";"


def test_the_sep_line_of_a_spreadsheet_is_obeyed_and_counted():
    text = decode(b"sep=;\r\nName;City\r\nAna;Rome\r\n")
    assert [(r.line, r.cells) for r in records(text)] == [(2, ["Name", "City"]), (3, ["Ana", "Rome"])]


def test_line_numbers_are_those_of_an_editor_when_cells_hold_line_breaks():
    raw = b'Name,Note\r\nAna,"one\r\ntwo\r\nthree"\r\n\r\nBo,x\r\n'
    assert [(r.line, r.cells[0]) for r in records(decode(raw))] == [(1, "Name"), (2, "Ana"), (6, "Bo")]


def test_empty_records_are_left_out_but_counted():
    raw = b"Name,City\n,\n\nAna,Rome\n , \n"
    assert [r.line for r in records(decode(raw))] == [1, 4]


def test_blanks_around_cells_are_taken_off():
    assert cells(b"Name , City\n 90837 ,\tRome \n")[1] == ["90837", "Rome"]


def test_a_quote_that_is_never_closed_is_an_error_with_its_line():
    text = decode(b'Name,City\nAna,Rome\nBo,"Paris\nCy,Oslo\n')
    with pytest.raises(UnreadableFileError) as caught:
        list(records(text))
    assert (caught.value.why, caught.value.line) == (Unreadable.QUOTES, 3)
    assert "Paris" not in str(caught.value)


def test_letters_after_a_closing_quote_are_an_error_too():
    with pytest.raises(UnreadableFileError):
        cells(b'Name,City\nAna,"Ro"me\n')


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", Unreadable.EMPTY),
        (b"\xef\xbb\xbf", Unreadable.EMPTY),
        (b"  \r\n \n", Unreadable.EMPTY),
        (b"PK\x03\x04rest of a workbook", Unreadable.SPREADSHEET),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", Unreadable.SPREADSHEET),
        (b"Name,City\nAna,Ro\x00me\n", Unreadable.NOT_TEXT),
        (b"Name\n\x81\x8d\n", Unreadable.NOT_TEXT),
        (b"\xff\xfeN\x00\x00", Unreadable.NOT_TEXT),
        (b"Name\n\x1b[31m\n", Unreadable.NOT_TEXT),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(raw: bytes, why: Unreadable):
    with pytest.raises(UnreadableFileError) as caught:
        decode(raw)
    assert caught.value.why is why


def test_a_file_too_large_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decoding, "MAX_BYTES", 10)
    with pytest.raises(UnreadableFileError) as caught:
        decode(b"Name,City\nAna,Rome\n")
    assert caught.value.why is Unreadable.TOO_LARGE


def test_contents_stay_out_of_repr():
    text = decode(b"Name,City\nAna,Rome\n")
    assert "Ana" not in repr(text)
    assert "Ana" not in repr(list(records(text)))


cell = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs", "Cc"))
    | st.sampled_from('\n",; '),
    max_size=12,
)


@given(st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=8), st.sampled_from(["\r\n", "\n"]))
def test_what_a_csv_writer_writes_is_read_back_with_its_lines(rows: list[list[str]], end: str):
    rows = [["a", "b", "c"], *rows]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL)
    starts = []
    for row in rows:
        starts.append(out.getvalue().count("\n") + 1)
        writer.writerow(row)
    found = [(r.line, r.cells) for r in records(decode(out.getvalue().encode()))]
    stripped = [(line, [c.strip() for c in row]) for line, row in zip(starts, rows, strict=True)]
    assert found == [(line, row) for line, row in stripped if any(row)]
