"""What a rulebook's texts mean together: each mistake found once, at its place, and no other."""

import pytest

from rulegrid.diagnostics import Severity
from tests.building import compiled

MONEY = "variables: {price: avg_price * 10 %}\n"


def found(text: str, *codes: str) -> list[str]:
    """The findings of some codes, or all: each as `code text` with the text at its place."""
    made = compiled(text)
    return [
        f"{finding.code} {made.source.text[finding.span.start : finding.span.end]}"
        for finding in made.findings
        if not codes or finding.code in codes
    ]


def areas(line: str) -> str:
    return f"areas:\n  Grid: {line}\n"


NAMES = [
    ("import", "a metric"),
    ("next_fee", "a metric"),
    ("hour", "a clock name"),
    ("is_workday", "a clock name"),
    ("min", "a function"),
    ("average", "a function"),
    ("h", "a unit"),
    ("ct", "a unit"),
    ("slots", "a unit"),
    ("parent", "a reserved word"),
    ("children", "a reserved word"),
    ("fee", "a reserved word"),
    ("lambda", "a reserved word"),
]


@pytest.mark.parametrize(("name", "what"), NAMES)
@pytest.mark.parametrize("where", ["variables: {NAME: 1}\nareas: {Grid: 1}\n",
                                   "areas: {Grid: {fee: 1, variables: {NAME: 1}}}\n"])  # fmt: skip
def test_a_name_that_is_taken_is_found_at_its_key(name, what, where):
    """RG301: shared or an area's own, a variable bears no name of the language."""
    text = where.replace("NAME", f'"{name}"')
    assert [f'RG301 "{name}"'] == found(text)
    assert any(what in finding.message for finding in compiled(text).findings)


@pytest.mark.parametrize("name", ["1st", "größe", "two words", "a-b"])
def test_a_name_that_no_formula_could_write_is_found(name):
    """RG204 at the key, and nothing else about it."""
    told = found(f'variables: {{"{name}": 1}}\nareas: {{Grid: 1}}\n')
    assert [f'RG204 "{name}"'] == told


@pytest.mark.parametrize("name", ["imports", "Import", "_", "x2", "hours", "Fee", "fees", "alle"])
def test_a_name_that_is_only_nearly_taken_is_free(name):
    """Case counts, and a word of the language within a longer one is none."""
    text = f"variables: {{{name}: 1 ct/kWh}}\n" + areas(name)
    assert [] == found(text)


CIRCLES = [
    ("variables: {a: a}\nareas: {Grid: 1}", ["a"]),
    ("variables: {a: b, b: a}\nareas: {Grid: 1}", ["a"]),
    ("variables: {a: b, b: c, c: a, d: a}\nareas: {Grid: 1}", ["a"]),
    ("variables: {a: b, b: a, c: d, d: c}\nareas: {Grid: 1}", ["a", "c"]),
    ("variables: {a: 'average(b, 2 slots)', b: a}\nareas: {Grid: 1}", ["a"]),
    ("variables: {a: 1, b: a}\nareas: {Grid: {fee: b, variables: {a: b}}}", ["a"]),
    ("areas: {Grid: Grid.fee}", ["Grid"]),
    ("areas: {Grid: Mill.fee, Mill: Grid.fee}", ["Grid"]),
    ("areas: {A: B.fee, B: C.fee, C: A.fee, D: A.fee}", ["A"]),
    ("variables: {x: B.fee}\nareas: {A: x, B: A.fee}", ["A"]),
    ("areas: {A: {fee: x, variables: {x: B.fee}}, B: A.fee}", ["A"]),
    ("areas: {A: {rules: [{when: B.fee > 1 ct/kWh, fee: 1}, {otherwise: 2}]}, B: A.fee}", ["A"]),
]


@pytest.mark.parametrize(("text", "names"), CIRCLES)
def test_definitions_that_need_each_other_are_found_once(text, names):
    """RG302 walks each circle once; what only leads into it is in none."""
    made = compiled(text)
    told = [finding.message for finding in made.findings if finding.code == "RG302"]
    assert len(names) == len(told)
    for name, message in zip(names, told, strict=True):
        assert f"`{name}` (line" in message
    assert not {"RG101", "RG112"} & {finding.code for finding in made.findings}


def test_a_circle_is_printed_with_its_lines():
    """The message goes once round, and each other member is a related place."""
    made = compiled("areas:\n  A: B.fee\n  B: 'C.fee + 1 ct/kWh'\n  C: A.fee\n")
    (finding,) = made.findings
    assert (
        "definitions go round in a circle: "
        "`A` (line 4) -> `B` (line 5) -> `C` (line 6) -> `A` (line 4)"
    ) == finding.message
    assert [5, 6] == [made.source.position(r.span.start).line for r in finding.related]


NO_CIRCLES = [
    "variables: {a: b, b: c, c: import}\nareas: {Grid: a / 1 kWh, Mill: b / 1 kWh}",
    "areas: {Grid: Grid.last_fee, Mill: Mill.current_fee}",
    "areas: {A: B.fee, B: A.last_fee}",
    "areas: {'*': parent.fee, Grid: 3}",
    "variables: {x: Grid.fee}\nareas: {Grid: {fee: x, variables: {x: 3 ct/kWh}}, Mill: x}",
    "variables: {v: Grid.fee, w: v}\nareas: {A: w, Grid: {fee: w, variables: {v: 3 ct/kWh}}}",
]


@pytest.mark.parametrize("text", NO_CIRCLES)
def test_what_goes_round_in_no_circle_is_left_alone(text):
    """The past of a fee, and an area's own version of a variable, lead out of the circle."""
    assert [] == found(text, "RG302")


ENDS = [
    ("{rules: [{when: import > 1 kWh, fee: 1}]}", ["RG303 {when: import > 1 kWh, fee: 1}"]),
    ("{rules: [{otherwise: 1}, {when: import > 1 kWh, fee: 1}]}", ["RG303 otherwise"]),
    ("{rules: [{otherwise: 1}, {otherwise: 2}]}", ["RG303 otherwise"]),
    ("{rules: [{otherwise: 1}]}", []),
    ("{rules: [{when: import > 1 kWh, fee: 1}, {otherwise: 2}]}", []),
    ("{fee: 1}", []),
]


@pytest.mark.parametrize(("area", "expected"), ENDS)
def test_rules_end_with_otherwise(area, expected):
    """RG303: no line may be missing at the end, and none can be reached below `otherwise`."""
    assert expected == found(areas(area))


LIMITS = [
    ("{min: 5, max: 2}", ["RG304 min"]),
    ("{min: 1001}", ["RG304 min"]),
    ("{min: 5, max: 5}", []),
    ("{min: 0.2, max: 0.4}", ["RG304 min"]),
    ("{min: 0.2, max: 0.4, decimals: 1}", []),
    ("{min: 0.2, max: 1}", []),
    ("{min: 0.0051, max: 0.0059, decimals: 2}", ["RG304 min"]),
    ("{max_change: 0.5}", ["RG304 max_change"]),
    ("{max_change: 0.9}", ["RG304 max_change"]),
    ("{max_change: 1}", []),
    ("{max_change: 0}", ["RG304 max_change"]),
    ("{max_change: 0.1, decimals: 1}", []),
    ("{max_change: 0.01, decimals: 1}", ["RG304 max_change"]),
    ("{max_change: 0.001 EUR/kWh, decimals: 1}", []),  # that is 0.1 ct/kWh
    ("{hold: 20 min}", ["RG304 20 min"]),
    ("{hold: 30 min}", []),
    ("{hold: 0 slots}", []),
    ("{dead_band: 0.1}", []),
    ("{min: 1 EUR/kWh, max: 99}", ["RG304 min"]),
    ("{min: 1 EUR/kWh, max: 100}", []),
    ("{max: 0}", []),
    ("{min: -1}", ["RG204 -1"]),
    ("{max: -5 ct/kWh}", ["RG204 -5 ct/kWh"]),
    ("{max_change: -1}", ["RG204 -1"]),
    ("{max_change: -1 ct/kWh}", ["RG204 -1 ct/kWh"]),
    ("{dead_band: -0.1}", ["RG204 -0.1"]),
    ("{hold: -1 slots}", ["RG204 -1 slots"]),
    ("{hold: -1}", ["RG204 -1"]),
    ("{hold: 2}", ["RG107 2"]),
    ("{hold: 1.5 slots}", ["RG304 1.5 slots"]),
]


@pytest.mark.parametrize(("limits", "expected"), LIMITS)
def test_limits_leave_a_fee_that_can_move(limits, expected):
    """RG304: a fee lies between min and max, on the grid, and can take a step."""
    shared, own = f"limits: {limits}\nareas: {{Grid: 1}}\n", areas(f"{{fee: 1, limits: {limits}}}")
    codes = ("RG107", "RG204", "RG304")
    assert expected == found(shared, *codes) == found(own, *codes)


MERGED = [
    ("limits: {max: 5}\nareas: {Grid: {fee: 1, limits: {min: 6}}}", ["RG304 min"]),
    ("limits: {min: 6}\nareas: {Grid: {fee: 1, limits: {max: 5}}}", ["RG304 max"]),
    ("limits: {max: 5}\nareas: {Grid: {fee: 1, limits: {min: 6, max: 7}}}", []),
    ("limits: {max_change: 0.1, decimals: 1}\nareas: {Grid: {fee: 1, limits: {decimals: 0}}}",
     ["RG304 decimals"]),
    ("limits: {max: 5}\nareas: {A: {fee: 1, limits: {min: 6}}, B: {fee: 1, limits: {min: 7}}}",
     ["RG304 min", "RG304 min"]),
    ("fee_unit: percent\nlimits: {min: 101}\nareas: {Grid: 1}", ["RG304 min"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MERGED)
def test_an_areas_limits_are_judged_over_the_shared_ones(text, expected):
    """Key by key, and told where one of the two is written."""
    assert expected == found(text, "RG304", "RG204")


ADVICE = [
    ("limits: {min: 5, max: 2}\nareas: {Grid: 1}", "swap them"),
    ("limits: {min: 1001}\nareas: {Grid: 1}", "the `max` is not written here"),
    ("limits: {min: 6}\nareas: {Grid: {fee: 1, limits: {max: 5}}}", "the `min` is not written"),
    ("limits: {max_change: 0.5}\nareas: {Grid: 1}", "allow more `decimals`, or a larger change"),
    ("limits: {hold: 20 min}\nareas: {Grid: 1}", "write a length such as `2 slots`"),
]


@pytest.mark.parametrize(("text", "hint"), ADVICE)
def test_what_to_do_about_limits_is_said_where_it_can_be_done(text, hint):
    """The hint knows whether the other limit stands in the same place."""
    (finding,) = compiled(text).findings
    assert hint in finding.hint


SELECTORS = [
    ("{'House *': 1, 'House **': 2}", ["RG305 'House **'"]),
    ("{'*': 1, '**': 2, '***': 3}", ["RG305 '**'", "RG305 '***'"]),
    ("{'House *': 1, 'House*': 2}", []),
    ("{'*a': 1, 'a*': 2}", []),
    ("{Grid: 1, Grid/Grid: 2}", []),
]


@pytest.mark.parametrize(("area_lines", "expected"), SELECTORS)
def test_selectors_that_are_the_same_in_any_grid_are_found(area_lines, expected):
    """RG305: only the number of stars in a row tells them apart."""
    assert expected == found(f"areas: {area_lines}")


ZONES = [
    ("", "hour", ["RG306 hour"]),
    ("", "2 if is_workday else hour", ["RG306 is_workday"]),  # told once, at the first
    ("", "import / 1 kWh", []),
    ("timezone: UTC\n", "hour", []),
    ("timezone: Europe/Vienna\n", "hour", []),
    ("timezone: Europe/Wien\n", "hour", ["RG306 Europe/Wien"]),
    ("timezone: America\n", "1", ["RG306 America"]),
    ("timezone: ../../etc/passwd\n", "1", ["RG306 ../../etc/passwd"]),
    ("timezone: CET\n", "hour", []),
]


@pytest.mark.parametrize(("zone", "fee", "expected"), ZONES)
def test_the_clock_needs_a_time_zone(zone, fee, expected):
    """RG306: unknown, or missing where a formula reads the clock."""
    assert expected == found(zone + areas(fee), "RG306")


def test_a_clock_name_in_a_variable_needs_a_time_zone_too():
    """Told at the name, wherever it stands."""
    text = "variables:\n  night: hour >= 22\nareas:\n  Grid: 2 if night else 1\n"
    assert ["RG306 hour"] == found(text)


LENGTHS = [
    ("15 min", []),
    ("1 h", []),
    ("0.25 h", []),
    ("1 day", []),
    ("1 min", []),
    ("900 s", []),
    ("7 min", ["RG307 7 min"]),
    ("30 s", ["RG307 30 s"]),
    ("90 s", ["RG307 90 s"]),
    ("2 days", ["RG307 2 days"]),
    ("1 slot", ["RG307 1 slot"]),
    ("15", ["RG107 15"]),
    ("15 kWh", ["RG113 15 kWh"]),
]


@pytest.mark.parametrize(("length", "expected"), LENGTHS)
def test_slots_fill_a_day(length, expected):
    """RG307: whole minutes of which a whole number is a day."""
    assert expected == found(f"slot_length: {length}\nareas: {{Grid: 1}}")


DECIMALS = [
    (areas("0.9"), ["RG401 0.9"]),
    (areas("2"), []),
    (areas("2.0"), []),
    (areas("0.9 ct/kWh"), ["RG401 0.9 ct/kWh"]),
    (areas("0.002 EUR/kWh"), ["RG401 0.002 EUR/kWh"]),
    (areas("0.02 EUR/kWh"), []),
    (areas("0.5 * last_fee"), []),  # only what is written as a fee
    (areas("2 if import > 1.5 kWh else 3"), []),
    (areas("2 if import > 1 kWh else 0.75"), ["RG401 2 if import > 1 kWh else 0.75"]),
    ("variables: {base: 1.25 ct/kWh}\n" + areas("base"), ["RG401 base"]),
    ("variables: {base: 1.25 ct/kWh, b: base}\n" + areas("b"), ["RG401 b"]),
    ("variables: {base: 2 ct/kWh}\n" + areas("{fee: base, variables: {base: 1.25 ct/kWh}}"),
     ["RG401 base"]),
    (areas("0.9") + "limits: {decimals: 1}\n", []),
    (areas("0.9") + "limits: {decimals: 0}\n", []),  # somebody said that they may go
    (areas("{fee: 0.9, limits: {decimals: 0}}"), []),
    (areas("{fee: 0.9, limits: {max: 5}}"), ["RG401 0.9"]),
    (areas("1.5") + "  Mill: 0.9\n", ["RG401 1.5"]),  # one line answers both
    (areas("2") + "when_no_data: 0.75\n", ["RG401 0.75"]),
    (areas("{fee: 2, when_no_data: 0.75}"), ["RG401 0.75"]),
    (areas("2") + "when_no_data: keep\n", []),
    (areas("0.9") + "limits: {decimals: two}\n", ["RG203 two"]),  # one mistake, one finding
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), DECIMALS)
def test_decimals_that_nobody_asked_to_lose_are_told(text, expected):
    """RG401: a fee is written with decimals, and no limit says how many are kept."""
    assert expected == found(text, "RG203", "RG204", "RG401")


def test_the_hint_keeps_the_whole_fee():
    """Of all numbers a fee may end in, the hint goes by the one with the most decimals."""
    made = compiled(areas("0.5 if import > 1 kWh else 0.125"))
    assert "write `limits: {decimals: 3}`, or 0 if you mean it" == made.findings[0].hint
    assert [Severity.WARNING] == [finding.severity for finding in made.findings]


UNUSED = [
    ("variables: {a: 1}\n" + areas("2"), ["RG402 a"]),
    ("variables: {a: 1 ct/kWh}\n" + areas("a"), []),
    ("variables: {a: 1 ct/kWh, b: a}\n" + areas("b"), []),
    ("variables: {a: 1, b: a}\n" + areas("2"), ["RG402 a", "RG402 b"]),
    ("variables: {a: import > 1 kWh}\n" + areas("2 if a else 1"), []),
    ("variables: {a: import > 1 kWh}\n"
     + areas("{rules: [{when: a, fee: 1}, {otherwise: 2}]}"), []),
    ("variables: {a: import}\n" + areas("'average(a, 2 slots) / 1 kWh'"), []),
    (areas("{fee: 2, variables: {a: 1}}"), ["RG402 a"]),
    ("variables: {a: 1}\n" + areas("2 +"), ["RG102 "]),  # it may be what is missing there
    ("variables: {abc: 1}\n" + areas("abd"), ["RG101 abd"]),  # it may be meant there
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), UNUSED)
def test_a_variable_that_nothing_uses_is_told(text, expected):
    """RG402: no rule reads it, directly or through other variables."""
    told = found(text, "RG101", "RG102", "RG402")
    assert [each.split()[0] for each in expected] == [each.split()[0] for each in told]
    assert all(e.strip() in t for e, t in zip(expected, told, strict=True))


LATE = [
    ("variables: {v: parent.fee}\n" + areas("'average(v, 2 slots)'"), ["RG112 v"]),
    ("variables: {v: parent.fee, w: v}\n" + areas("'previous(w, 2 slots)'"), ["RG112 w"]),
    ("variables: {v: parent.fee, w: 'total(v, 2 slots)'}\n" + areas("w"), ["RG112 v"]),
    ("variables: {v: 1 ct/kWh}\n"
     + areas("{fee: 'total(v, 2 slots)', variables: {v: parent.fee}}"), ["RG112 v"]),
    (areas("'average(parent.fee, 2 slots)'"), ["RG112 parent.fee"]),
    ("variables: {v: parent.fee}\n" + areas("'average(import, 2 slots) / 1 kWh * v'"), []),
    ("variables: {v: parent.last_fee}\n" + areas("'average(v, 2 slots)'"), []),
    ("variables: {v: 'average(parent.last_fee, 2 slots)'}\n" + areas("v"), []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LATE)
def test_a_fee_that_is_only_being_decided_has_no_past(text, expected):
    """RG112: not in a window, and not in a variable that a window goes over."""
    assert expected == found(text, "RG112")


NEGATIVE = [
    (areas("-2"), ["RG204 -2"]),
    (areas("2 - 5"), []),
    (areas("-2 * last_fee"), []),
    (areas("1") + "when_no_data: -1\n", ["RG204 -1"]),
    (areas("{fee: 1, when_no_data: -1}"), ["RG204 -1"]),
    (areas("0"), []),
]


@pytest.mark.parametrize(("text", "expected"), NEGATIVE)
def test_a_fee_is_written_from_0_up(text, expected):
    """RG204: a negative number as a fee, which `min` would silently make 0."""
    assert expected == found(text, "RG204")


def test_five_mistakes_of_one_rulebook_are_five_findings():
    """Every mistake shows in one run, in reading order, and none because of another."""
    text = """\
rulegrid: 1
name: Five
timezone: Europe/Wien
variables:
  min: 2
  a: b + 1 kWh
  b: a
  unused: 3
areas:
  Grid:
    rules:
      - {when: hour > 3 and a > 2 kWh, fee: 1.5}
limits: {min: 3, max: 2}
"""
    assert [
        "RG306 Europe/Wien",
        "RG301 min",
        "RG302 a",
        "RG402 unused",
        "RG303 {when: hour > 3 and a > 2 kWh, fee: 1.5}",
        "RG401 1.5",
        "RG304 min",
    ] == found(text)
