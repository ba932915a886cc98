"""`# rulegrid: off RG402` in a comment switches a warning off: there, and nowhere else."""

import pytest

from rulegrid.gateway.rulebooks import compile_bytes
from tests.building import compiled

HEAD = "rulegrid: 1\nname: Unused\n{0}"
UNUSED = f"{HEAD}variables:\n{{1}}  a: import{{2}}\n  b: export\nareas:\n  Grid: 1\n"


def told(text: str) -> list[tuple[str, int]]:
    """The codes found, each with its line."""
    made = compile_bytes("test.yaml", text.encode())
    return [(f.code, made.source.position(f.span.start).line) for f in made.findings]


def unused(top: str = "", above: str = "", behind: str = "") -> list[tuple[str, int]]:
    return told(UNUSED.format(top, above, behind))


def test_without_a_switch_both_are_told():
    """The ground the others stand on."""
    assert [("RG402", 4), ("RG402", 5)] == unused()


@pytest.mark.parametrize(
    "switch",
    ["# rulegrid: off RG402", "#rulegrid: off RG402 - for 2027", "# rulegrid: off RG402 -- x"],
)
def test_a_switch_on_the_line_is_for_that_line(switch):
    """With or without a reason behind a dash."""
    assert [("RG402", 5)] == unused(behind=f"  {switch}")


def test_a_switch_alone_on_a_line_is_for_the_next_one():
    """Other comments and empty lines may stand between."""
    assert [("RG402", 6)] == unused(above="  # rulegrid: off RG402\n")
    assert [("RG402", 7)] == unused(above="  # rulegrid: off RG402\n  # why\n")


def test_a_switch_above_the_first_key_is_for_the_file():
    """It stands in front of `rulegrid: 1`."""
    assert [] == told(f"# rulegrid: off RG402\n{UNUSED.format('', '', '')}")


def test_a_switch_takes_several_codes():
    """Separated by commas or blanks."""
    switch = "# rulegrid: off RG401, RG404"
    fee = "0.5 * 3 if import >= 0 else 2"
    assert [] == told(f"rulegrid: 1\nname: Two\nareas:\n  Grid: {fee}  {switch}")


def test_the_text_of_a_switch_inside_a_value_is_no_switch():
    """Quoted or in a block; the comment behind `|` is one."""
    name = 'name: "x # rulegrid: off RG402"\n'
    assert [("RG402", 5), ("RG402", 6)] == told(
        UNUSED.format("", "", "").replace("name: Unused\n", f"description: x\n{name}")
    )
    block = "rulegrid: 1\nname: B\nareas:\n  Grid: |{0}\n    0.9\n"
    assert [("RG401", 5)] == told(block.format(""))
    assert [] == told(block.format("  # rulegrid: off RG401"))


USELESS = [
    ("# rulegrid: off RG402 RG403", "there is no RG403 here to switch off"),
    ("# rulegrid: off rg402", "there is no code `rg402`"),
    ("# rulegrid: off RG101", "RG101 is an error, and errors cannot be switched off"),
    ("# rulegrid: off", "this names no warning to switch off"),
    ("# rulegrid: ignore RG402", "`ignore` switches nothing off"),
]


@pytest.mark.parametrize(("switch", "message"), USELESS)
def test_a_switch_that_does_nothing_is_told(switch, message):
    """RG412, at the code or the comment."""
    made = compiled(UNUSED.format("", "", f"  {switch}"))
    assert [message] == [f.message for f in made.findings if f.code == "RG412"]


def test_errors_cannot_be_switched_off():
    """And while there are errors, nothing is said of warnings that are not found."""
    found = told("# rulegrid: off RG101 RG402\nrulegrid: 1\nname: E\nareas:\n  Grid: imprt\n")
    assert [("RG412", 1), ("RG101", 5)] == found


def test_another_comment_is_left_alone():
    """A line that is commented out, or that speaks of rulegrid."""
    assert [("RG402", 4), ("RG402", 5)] == unused(behind="  # rulegrid reads this")
    assert [("RG402", 5), ("RG402", 6)] == unused(top="# rulegrid: 1\n")
