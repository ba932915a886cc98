"""A table of fees: a column per area, a row per slot of the day."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.rulebook.sheets import MOST_COLUMNS, MOST_FINDINGS, Measure, read_sheet
from rulegrid.source import Source

HOURLY = Measure(Fraction(1), 60, is_fee=True)
TIMES = [f"{hour:02}:00" for hour in range(24)]


def table(mark=";", areas=("Grid", "Mill"), times=TIMES, cells=("0,42", "1,68"), end="\n"):
    """The text of a table whose rows are all alike."""
    lines = [mark.join(("Time", *areas)), *(mark.join((time, *cells)) for time in times)]
    return "".join(f"{line}{end}" for line in lines)


def read(text, measure=HOURLY):
    return read_sheet(Source("tou.csv", text), measure)


def told(text, measure=HOURLY):
    """Every finding as its code, line, column, marked text and message."""
    source = Source("tou.csv", text)
    made, findings = read_sheet(source, measure)
    assert (made is None) == bool(findings)
    found = []
    for each in findings:
        assert source == each.source
        at = source.position(each.span.start)
        marked = text[each.span.start : each.span.end]
        found.append((each.code, f"{at.line}:{at.column}", marked, each.message))
    return found


SOUND = {
    "semicolons and decimal commas": table(),
    "semicolons and decimal points": table(cells=("0.42", "1.68")),
    "commas and decimal points": table(",", cells=("0.42", "1.68")),
    "commas and quoted decimal commas": table(",", cells=('"0,42"', '"1,68"')),
    "seconds": table(times=[f"{time}:00" for time in TIMES]),
    "CRLF": table(end="\r\n"),
    "trailing empty columns": table(
        areas=("Grid", "Mill", "", ""), cells=("0,42", "1,68", "", "")
    ),
    "rows that end in more or fewer of them": table(cells=("0,42", "1,68", "", "", "")),
    "no line end at the end": table().rstrip("\n"),
    "empty lines and empty rows": f"\n{table()}\n;;\n",
    "blanks around cells": table(cells=(" 0,42 ", "1,68 ")),
    "leading zeros": table(cells=("00,420", "01,68")),
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_a_table_is_read_as_spreadsheets_write_it(text):
    """Either separator, either decimal mark, either line end, empty columns behind the last."""
    made, findings = read(text)
    assert () == findings
    assert ("Grid", "Mill") == made.areas
    assert ((0.42, 1.68),) * 24 == made.values
    assert ["Grid", "Mill"] == [made.source.text[span.start : span.end] for span in made.spans]
    assert [time in made.source.line(line) for time, line in zip(TIMES, made.lines, strict=True)]


def test_a_quoted_name_may_hold_the_separator_and_quotes():
    """`"Mill; old"` is one area, and a doubled quote is a quote."""
    made, _ = read(table(areas=('"Mill; old"', '"The ""Mill"""')))
    assert ("Mill; old", 'The "Mill"') == made.areas


def test_amounts_are_converted_in_decimal():
    """0,29 EUR/kWh are 29 ct/kWh, and not 28.999999999999996."""
    made, _ = read(table(cells=("0,29", "0,07")), Measure(Fraction(100), 60, is_fee=True))
    assert (29, 7) == made.values[0]


def test_what_is_no_fee_may_be_below_0():
    """A calendar of amounts of energy knows both signs."""
    made, _ = read(table(cells=("-1", "-0,5")), Measure(Fraction(1), 60, is_fee=False))
    assert (-1, -0.5) == made.values[0]


def changed(line, text):
    """The table with another line; None takes it out."""
    lines = table().splitlines()
    lines[line - 1 : line] = [] if text is None else text.split("\n")
    return "\n".join(lines) + "\n"


MISTAKES = [
    # the text, and what is told of it
    ("", ("RG602", "1:1", "", "the table is empty")),
    ("Time\n00:00\n", ("RG602", "1:1", "Time", "no column for an area")),
    ("Time\tGrid\n00:00\t1\n", ("RG003", "1:5", "\t", "a tab is not allowed")),
    (table().split("\n", 1)[1], ("RG602", "1:1", "00:00", "the first line names no areas")),
    (changed(1, "Time;Grid;Grid"), ("RG602", "1:11", "Grid", "two columns are named `Grid`")),
    (changed(1, "Time;;Grid"), ("RG602", "1:6", "", "column 2 has no name")),
    (changed(1, 'Time;"Grid;Mill'), ("RG602", "1:6", '"Grid', "a quote that is never closed")),
    (changed(1, "Time;Grid"), ("RG602", "2:12", "1,68", "a cell under no name")),
    (changed(5, None), ("RG603", "5:1", "04:00", "the row for 03:00 is missing")),
    (changed(2, None), ("RG603", "2:1", "01:00", "the row for 00:00 is missing")),
    (changed(25, None), ("RG603", "24:16", "", "the row for 23:00 is missing")),
    (
        table(times=[*TIMES[:5], *TIMES[9:]]),
        ("RG603", "7:1", "09:00", "the 4 rows for 05:00 to 08:00 are missing"),
    ),
    (
        changed(5, "03:00;1;2\n03:00;1;2"),
        ("RG603", "6:1", "03:00", "there are two rows for 03:00"),
    ),
    (
        table(times=[*TIMES[:3], "04:00", "03:00", *TIMES[5:]]),
        ("RG603", "6:1", "03:00", "03:00 comes after 04:00"),
    ),
    (
        table(",", cells=("0,42", "1,68")),
        ("RG602", "2:12", "1", "a cell under no name"),
    ),
    (changed(5, "03:15;1;2"), ("RG603", "5:1", "03:15", "no slot of 60 min begins at 03:15")),
    (changed(5, "03:00:01;1;2"), ("RG603", "5:1", "03:00:01", "no slot of 60 min begins at")),
    (changed(5, "3:00;1;2"), ("RG603", "5:1", "3:00", "`3:00` is no time of day")),
    (changed(5, "noon;1;2"), ("RG603", "5:1", "noon", "`noon` is no time of day")),
    (changed(5, "24:00;1;2"), ("RG603", "5:1", "24:00", "`24:00` is no time of day")),
    (changed(5, ";1;2"), ("RG603", "5:1", "", "`` is no time of day")),
    (changed(5, "03:00;1"), ("RG604", "5:8", "", "the cell of `Mill` at 03:00 is empty")),
    (changed(5, "03:00;;2"), ("RG604", "5:7", "", "the cell of `Grid` at 03:00 is empty")),
    (changed(5, "03:00;x;2"), ("RG604", "5:7", "x", "`x` is no number")),
    (changed(5, "03:00;1e3;2"), ("RG604", "5:7", "1e3", "`1e3` is no number")),
    (changed(5, "03:00;1.000,5;2"), ("RG604", "5:7", "1.000,5", "`1.000,5` is no number")),
    (changed(5, "03:00;nan;2"), ("RG604", "5:7", "nan", "`nan` is no number")),
    (changed(5, "03:00;-1;2"), ("RG604", "5:7", "-1", "a fee is at least 0, and this is -1")),
    (changed(5, "03:00;1.5;2"), ("RG604", "5:7", "1.5", "`1.5` has a decimal point")),
    (changed(5, f"03:00;{'1' * 16};2"), ("RG604", "5:7", "1" * 16, "a number has at most 15")),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_is_told_once_at_its_cell(text, expected):
    """One finding a mistake, at the row and column of the table, with what is wrong there."""
    (found,) = told(text)
    assert expected[:3] == found[:3]
    assert found[3].startswith(expected[3])


def test_every_mistake_is_found_in_one_run_and_in_reading_order():
    """A row with one mistake is read to its end."""
    text = changed(3, "01:10;x;-1").replace("Mill", "Grid", 1).replace("07:00;0,42", "07:00;")
    assert ["1:11", "3:1", "3:7", "3:9", "9:7"] == [each[1] for each in told(text)]


@pytest.mark.parametrize(
    ("length", "told_length"), [(15, "60 min apart, and slots are 15"), (240, "60 min apart")]
)
def test_rows_at_another_distance_than_slots_are_one_mistake(length, told_length):
    """A table by the hour does not give 72 findings where slots are quarters of one."""
    (found,) = told(table(), Measure(Fraction(1), length, is_fee=True))
    assert ("RG603", "3:1", "01:00") == found[:3]
    assert told_length in found[3]


BOUNDS = [
    (table(areas=["A"] * (MOST_COLUMNS + 1)), "a table has at most 10,000 columns"),
    (table(times=["00:00"] * 1441), "a day has at most 1,440 slots"),
]


@pytest.mark.parametrize(("text", "message"), BOUNDS)
def test_a_table_has_bounds(text, message):
    """Neither more columns than any grid has areas, nor more rows than a day has minutes."""
    (found,) = told(text)
    assert "RG008" == found[0]
    assert message in found[3]


def test_of_very_many_mistakes_the_first_are_told():
    """Nobody mends more in one go."""
    _, found = read(table(areas=[f"A{n}" for n in range(100)], cells=["x"] * 100))
    assert MOST_FINDINGS == len(found)


@given(st.randoms(use_true_random=True), st.sampled_from(list(SOUND.values())))
def test_a_table_with_slips_of_the_pen_gives_findings_or_a_table(random, text):
    """Characters taken out, put in or changed, lines moved: never an exception."""
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(text))
        some = random.choice(
            ["", ";", ",", '"', "\n", "0", "-", ".", ":", " ", "é", "\t", "\0", "٣"]
        )
        text = text[:at] + some + text[at + random.choice([0, 1, 1, 7]) :] or "x"
    made, findings = read(text)
    assert (made is None) == bool(findings)
    for finding in findings:
        assert 0 <= finding.span.start <= finding.span.end <= len(text)
        assert finding.message
        assert not re.search(r"[\n\r]", finding.message)
    if made is not None:
        assert 24 == len(made.values) == len(made.lines)
        assert {len(made.areas)} == {len(row) for row in made.values}
