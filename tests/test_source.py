"""Lines and columns, and places in scalars of every style."""

import pytest

from rulegrid.source import Position, Source, Span, align


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, Position(1, 1)),
        ("ab\ncd", 0, Position(1, 1)),
        ("ab\ncd", 2, Position(1, 3)),
        ("ab\ncd", 3, Position(2, 1)),
        ("ab\ncd\n", 6, Position(3, 1)),
        ("ab\r\ncd", 4, Position(2, 1)),
        ("\n\n", 1, Position(2, 1)),
        ("ä😀b", 2, Position(1, 3)),
    ],
)
def test_lines_and_columns_count_from_one_in_characters(text, offset, position):
    """As editors count; a line break belongs to the line it ends."""
    assert position == Source("a.yaml", text).position(offset)


def test_a_line_comes_without_its_line_break():
    """LF and CRLF alike, and a last line without one."""
    source = Source("a.yaml", "first\r\nsecond\n\nlast")
    assert ["first", "second", "", "last"] == [source.line(n) for n in (1, 2, 3, 4)]


def test_every_line_can_be_asked_for_even_behind_the_last_line_break():
    """The end of the text is a place too, where something may be missing."""
    assert [""] == [Source("a.yaml", "").line(1)]
    assert "" == Source("a.yaml", "a\n").line(2)


RAW = {
    "plain": "a b c",
    "plain over lines": "a b\n    c",
    "single quoted": "'a b c'",
    "single quoted over lines": "'a\n    b c'",
    "double quoted": '"a b c"',
    "double quoted with escapes": r'"\x61\u0020b \U00000063"',
    "double quoted over lines": '"a\n    b\n    c"',
    "double quoted with joined lines": '"a \\\n    b c"',
    "literal": "|-\n    a b c\n",
    "folded": ">-\n    a\n    b c\n",
    "folded with a comment": ">-  # why\r\n    a\r\n    b c\r\n",
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW.keys())
def test_each_character_is_found_in_each_style(raw):
    """`a b c` written in eleven ways: each letter is where it stands in the file."""
    spans = align(raw, "a b c")
    letters = [raw[span.start : span.end] for span in spans[::2]]
    assert ["a", "b", "c"] == [{r"\x61": "a", r"\U00000063": "c"}.get(p, p) for p in letters]
    assert sorted(spans) == list(spans)


@pytest.mark.parametrize(
    ("raw", "value", "places"),
    [
        ("'it''s'", "it's", ["i", "t", "''", "s"]),
        ('"\\"x"', '"x', ['\\"', "x"]),
        ("a\n\n  b", "a\nb", ["a", "\n", "b"]),
        ("|\n  a\n   b\n", "a\n b\n", ["a", "\n", " ", "b", "\n"]),
        ("|2\n   a\n", " a\n", [" ", "a", "\n"]),
        (">\n a\n\n b\n  c\n", "a\nb\n c\n", ["a", "\n", "b", "\n", " ", "c", "\n"]),
        ("|+\n a\n\n", "a\n\n", ["a", "\n", "\n"]),
    ],
)
def test_escapes_and_line_breaks_have_the_place_of_what_they_became(raw, value, places):
    """A doubled apostrophe is one character, and so is an escape; kept line breaks are found."""
    assert places == [raw[span.start : span.end] for span in align(raw, value)]


def test_a_value_that_was_not_read_from_the_text_has_places_all_the_same():
    """There is one place a character, at the end where there is nothing left."""
    assert (Span(0, 1), Span(1, 1), Span(1, 1)) == align("a", "abc")
