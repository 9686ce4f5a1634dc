"""CSV that leaves the console: nothing in it runs, everything in it can be read back."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.export.csv_file import csv_file, guarded

RISKY = (
    "=1+1",
    "+1 202 555 0101",
    "-5",
    "@SUM(A1)",
    " =1",
    "\u00a0=1",
    "\tx",
    "\rx",
    "\nx",
    "＝1",
    "＋1",
    "－1",
    "＠x",
)


@pytest.mark.parametrize("text", RISKY)
def test_what_a_spreadsheet_would_run_becomes_plain_text(text: str):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ana", "1-2", "a=b", "O'Brien", "3:00 PM", "'x"])
def test_ordinary_words_are_left_alone(text: str):
    assert guarded(text) == text


def test_numbers_stay_numbers_so_that_they_can_be_summed():
    assert [guarded(cell) for cell in (-5, 12, Decimal("-75.50"), None)] == ["-5", "12", "-75.50", ""]


def test_the_file_opens_in_spreadsheets_of_both_worlds():
    made = csv_file(("name", "amount"), [("Žydrūnė, B.", Decimal("1.00")), ('say "x"', None)])
    assert made.startswith(b"\xef\xbb\xbf")
    assert made.decode("utf-8-sig") == '"name","amount"\r\n"Žydrūnė, B.","1.00"\r\n"say ""x""",""\r\n'


def test_a_row_longer_than_its_header_is_a_mistake():
    with pytest.raises(ValueError, match="row_too_long"):
        csv_file(("one",), [("a", "b")])


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")), max_size=3)))
def test_whatever_is_written_is_read_back_cell_by_cell_and_never_as_a_formula(rows: list[list[str]]):
    made = csv_file(("a", "b", "c"), rows).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(made, newline="")))[1:]
    assert [row for row in read if row] == [[guarded(cell) for cell in row] for row in rows if row]
    assert not any(cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@")) for row in read for cell in row)
