"""Findings as people read them."""

import pytest

from rulegrid.diagnostics import (
    Diagnostic,
    Related,
    Severity,
    did_you_mean,
    has_errors,
    in_reading_order,
    render,
    shown,
)
from rulegrid.source import Source, Span


def drawn(text, start, end, **more):
    """The lines below the head of a finding about a part of a text."""
    finding = Diagnostic("RG101", "unknown name", Span(start, end), **more)
    return render(finding, Source("a.yaml", text)).splitlines()[1:]


def test_a_finding_names_its_place_and_says_below_it_what_to_write():
    """The shape that all findings have."""
    text = "areas:\n  Grid: exprt * 2\n"
    assert [
        "  --> a.yaml:2:9",
        "   |",
        " 2 |   Grid: exprt * 2",
        "   |         ^^^^^ did you mean `export`?",
    ] == drawn(text, 15, 20, hint="did you mean `export`?")


def test_a_place_of_several_lines_is_marked_on_its_first():
    """Up to the end of that line."""
    assert [" 1 | fee: a +", "   |      ^^^"] == drawn("fee: a +\n  b\n", 5, 12)[2:]


@pytest.mark.parametrize("text", ["name: x\n", "name: x\r\n"])
def test_the_end_of_a_file_is_a_place(text):
    """Where something is missing at the very end."""
    assert ["  --> a.yaml:2:1", "   |", " 2 |", "   | ^"] == drawn(text, len(text), len(text))


def test_an_empty_file_has_a_place():
    """Its first line."""
    assert ["  --> a.yaml:1:1", "   |", " 1 |", "   | ^"] == drawn("", 0, 0)


def test_carriage_returns_do_not_show():
    """A file of Windows looks like any other."""
    assert [" 1 | a: b", "   |    ^"] == drawn("a: b\r\nc: d\r\n", 3, 4)[2:]


def test_carets_stand_below_wide_letters():
    """A wide letter takes two cells, a combining one none."""
    assert [" 1 | 家: b", "   | ^^"] == drawn("家: b", 0, 1)[2:]
    assert [" 1 | 家: b", "   |     ^"] == drawn("家: b", 3, 4)[2:]
    assert [" 1 | e\u0301: b", "   |    ^"] == drawn("e\u0301: b", 4, 5)[2:]


def test_a_tab_takes_one_cell():
    """So that the caret is where the character is."""
    assert [" 1 | a  b", "   |    ^"] == drawn("a\t b", 3, 4)[2:]


def test_characters_that_do_not_show_are_seen():
    """Nothing reaches a terminal that it would obey."""
    assert [" 1 | a�[31m�b", "   |  ^"] == drawn("a\x1b[31m\u202eb", 1, 2)[2:]


@pytest.mark.parametrize("at", [0, 59, 60, 500, 9_939, 9_940, 9_998])
def test_of_a_very_long_line_the_part_around_the_place_is_shown(at):
    """With a sign where it is cut, and the caret below the right character."""
    line, marks = drawn("x" * at + "!" + "x" * (9_999 - at), at, at + 1)[2:]
    assert "!" == line[marks.index("^")]
    assert len(line) <= 125
    assert line.count("…") == (at >= 61) + (at < 9_940)


def test_line_numbers_of_one_finding_are_aligned():
    """The ninth and the tenth line stand below each other."""
    text = "a: 1\n" * 10
    related = (Related("first written here", Span(0, 1)),)
    assert [
        "   --> a.yaml:10:1",
        "    |",
        " 10 | a: 1",
        "    | ^",
        "   --> a.yaml:1:1",
        "    |",
        "  1 | a: 1",
        "    | ^ first written here",
    ] == drawn(text, 45, 46, related=related)


def test_a_finding_about_a_whole_file_names_only_the_file():
    """Its hint stands in a line of its own."""
    finding = Diagnostic("RG002", "the file is UTF-16 text", hint="save it as UTF-8")
    told = "error[RG002]: the file is UTF-16 text\n --> a.yaml\n = hint: save it as UTF-8"
    assert told == render(finding, Source("a.yaml", ""))


def test_the_name_of_a_file_is_made_safe_too():
    """A file name may hold a line break or a terminal's commands."""
    told = render(Diagnostic("RG009", "the file is empty"), Source("a\n\x1b[2J.yaml", ""))
    assert "error[RG009]: the file is empty\n --> a\\n\\x1b[2J.yaml" == told


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Community 1", "Community 1"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202e\u200b", "\\u202e\\u200b"),
        ("\ud800", "\\ud800"),
        ("Öd 家", "Öd 家"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_values_are_shown_escaped_and_cut(text, safe):
    """What a rulebook says cannot command a terminal, nor flood it."""
    assert safe == shown(text)


def test_a_huge_value_is_cut_before_it_is_looked_at():
    """A value of megabytes costs nothing."""
    assert 60 == len(shown("\x00" * 50_000_000))


def test_reading_order_is_that_of_the_file():
    """What concerns the file as a whole comes first, then place by place."""
    late, early = Diagnostic("RG101", "b", Span(9, 10)), Diagnostic("RG201", "a", Span(2, 3))
    whole = Diagnostic("RG008", "c")
    assert (whole, early, late) == in_reading_order([late, early, whole])


def test_only_errors_stop_a_rulebook():
    """A warning does not."""
    warning = Diagnostic("RG401", "a", severity=Severity.WARNING)
    assert not has_errors([warning])
    assert has_errors([warning, Diagnostic("RG101", "b")])


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("exprt", "did you mean `export`?"),
        ("IMPORT", "did you mean `import`?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_closest_known_word_is_suggested(word, hint):
    """One that is close, also one that differs in its capitals only, and else none."""
    assert hint == did_you_mean(word, ["import", "export", "volume"])
