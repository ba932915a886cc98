"""From a text to a program: whatever the text, findings or a program that can be run."""

from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.diagnostics import has_errors
from rulegrid.engine.binding import bind
from rulegrid.gateway.grids import named_grid
from rulegrid.gateway.rulebooks import compile_bytes
from rulegrid.rulebook.compile import Compiled
from tests.building import VILLAGE, fold, program, snapshot
from tests.console import RULES
from tests.mistakes import places, with_mistake

RULEBOOKS = [path.read_text() for path in RULES]
EVERYTHING = """\
rulegrid: 1
name: Everything
description: A rulebook in which every key of the language stands
fee_unit: ct/kWh
timezone: Europe/Vienna
slot_length: 15 min
holidays: [2026-01-12]
variables:
  balance: import - export
  flow: {description: d, unit: kWh, value: 'abs(average(balance, 4 slots))'}
  is_full: flow > 10 kWh
  base_fee: {unit: ct/kWh, from: {2021-01-01: 1.5, 2027-01-01: base_fee_then}, reference: r}
  base_fee_then: 1.62 ct/kWh
calendars:
  sheet: {file: tables/tou.csv, unit: EUR/MWh, description: d, reference: r}
  peaks:
    unit: ct/kWh
    otherwise: {from: {2021-01-01: 0}}
    overlap: add
    windows:
      - {name: noon, months: Nov-Feb, days: [workdays, holidays], hours: "11:00-14:00", value: 2}
      - {days: Sat-Mon, value: base_fee / 2}
bands:
  steps:
    input: flow
    steps:
      - {up_to: 10 kWh, fee: 0.9}
      - {up_to: 20 kWh, fee: {from: {2021-01-01: sheet}}}
      - {above: 20 kWh, fee: base_fee}
areas:
  Mill: default(sheet, steps)
  House 1: peaks
  Grid:
    rules:
      - {when: is_full and hour < 12, fee: 3, because: Full}
      - otherwise: 2
    limits: {max: 5}
    when_no_data: 1
  '*': {fee: parent.fee * 50 %, variables: {balance: import}, description: d}
limits: {min: 0, max: 30, max_change: 5, dead_band: 0.1, hold: 2 slots, decimals: 2}
when_no_data: keep
"""
TABLE = "".join(
    [
        "Time;Grid;Grid/Mill;\r\n",
        *(f"{m // 60:02}:{m % 60:02};0,5;12;\r\n" for m in range(0, 1440, 15)),
    ]
)
ODD_TEXTS = ["", " ", "x", "2", "keep", "1 ct/kWh", "2 slots", "15 min", "import", "(", "*", "fee"]
ODD = [
    *ODD_TEXTS,
    *("a" * 5000, "1e999", "nan", "import > 1 kWh", "50 %"),
    *(None, True, False, 0, -1, 10**30, 1.5),
    *([], {}, [1], {"a": 1}, {"fee": {"fee": 1}}, [{"otherwise": 1}]),
    [{"when": "x", "fee": "y"}],
]
KEYS = [
    "fee",
    "file",
    "from",
    "windows",
    "rules",
    "limits",
    "variables",
    "import",
    "x y",
    "*",
    "",
    "min",
    "unit",
    "value",
]
CHARACTERS = "aZ0 9.:-,{}[]'\"#&*!|>%@`\\\n\t?é\u202e\u00a0\0=()/<+_"


def run(text: str, table: str = TABLE) -> Compiled:
    """Compile a text whose tables are all alike; if it gives a program, let it decide a slot."""
    raw = table.encode(errors="surrogatepass")
    encoded = text.encode(errors="surrogatepass")
    made = compile_bytes("any.yaml", encoded, lambda names: dict.fromkeys(names, raw))
    assert (made.program is None) == has_errors(made.findings), made.findings
    for finding in made.findings:
        assert finding.message
        source = finding.source or made.source
        if finding.span is not None:
            assert 0 <= finding.span.start <= finding.span.end <= len(source.text) + 1
    if made.program is not None:
        grid = named_grid(VILLAGE)
        found = bind(made.program, grid)
        if found.binding is not None:
            (cycle,) = fold(found.binding, [snapshot(grid, volume=1, import_=2)])
            assert len(cycle.fee) == len(grid)
    return made


@settings(max_examples=150)
@given(st.randoms(use_true_random=True), st.sampled_from([*RULEBOOKS, EVERYTHING, EVERYTHING]))
def test_a_rulebook_with_mistakes_gives_findings_or_a_program(random, text):
    """Values of any kind at any place, keys missing or misplaced: never an exception."""
    data = yaml.safe_load(text)
    for _ in range(random.randint(1, 4)):
        if places(data):
            with_mistake(random, data, KEYS, ODD)
    try:
        dumped = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    except (RecursionError, ValueError):
        return
    run(dumped)


@settings(max_examples=150)
@given(st.randoms(use_true_random=True), st.sampled_from([*RULEBOOKS, EVERYTHING, EVERYTHING]))
def test_a_text_with_slips_of_the_pen_gives_findings_or_a_program(random, text):
    """Characters and lines taken out, put in, swapped or doubled: never an exception."""
    run(with_slips(random, text))


@settings(max_examples=150)
@given(st.randoms(use_true_random=True))
def test_a_table_with_slips_of_the_pen_gives_findings_or_a_program(random):
    """The same in the file that a rulebook names, and in both at once."""
    run(EVERYTHING, with_slips(random, TABLE))
    run(with_slips(random, EVERYTHING), with_slips(random, TABLE))


def with_slips(random: Random, text: str) -> str:
    """A text with some slips of the pen."""
    for _ in range(random.randint(1, 5)):
        at = random.randrange(len(text))
        kind = random.randrange(5)
        if kind == 0:
            text = text[:at] + text[at + random.choice([1, 1, 5, 40]) :]
        elif kind == 1:
            text = text[:at] + random.choice(CHARACTERS) + text[at:]
        elif kind == 2:
            text = text[:at] + random.choice(CHARACTERS) + text[at + 1 :]
        else:
            lines = text.splitlines(keepends=True)
            place = random.randrange(len(lines))
            moved = lines.pop(place) if kind == 3 else lines[place]
            lines.insert(random.randrange(len(lines) + 1), moved)
            text = "".join(lines)
    return text


@pytest.mark.parametrize("text", [*RULEBOOKS, EVERYTHING], ids=lambda text: text[:40])
def test_a_sound_rulebook_has_no_findings(text):
    """What we ship, and a rulebook with every key, compile without a warning."""
    assert () == run(text).findings


def test_a_program_holds_what_the_rulebook_says():
    """Variables in their order, policies in that of the file, limits merged key by key."""
    made = run(EVERYTHING).program
    assert "Everything" == made.name
    assert ("ct/kWh", "Europe/Vienna", 900) == (
        made.fee_unit,
        made.timezone.key,
        made.slot_length.total_seconds(),
    )
    names = [variable.name for variable in made.variables]
    assert names.index("balance") < names.index("flow") < names.index("is_full")
    _, _, grid, others = made.policies
    assert ("Grid", "*") == (grid.selector, others.selector)
    assert (5, 30) == (grid.limits.maximum, others.limits.maximum)
    assert (5, 0.1, 2, 2) == (
        grid.limits.max_change,
        grid.limits.dead_band,
        grid.limits.hold_slots,
        grid.limits.decimals,
    )
    assert (1.0, "keep") == (grid.when_no_data, others.when_no_data)
    assert ["Full", "otherwise"] == [rule.reason for rule in grid.rules]
    assert ["fee"] == [rule.reason for rule in others.rules]
    balance = next(variable for variable in made.variables if variable.name == "balance")
    assert ["*"] == list(balance.own)


def test_a_place_in_a_program_is_a_line_of_the_rulebook():
    """Messages at market time name the line of a selector, a rule or a name."""
    made = program("areas:\n  Mill: 2\n  Grid:\n    rules:\n      - otherwise: Mill.fee\n")
    assert [4, 5] == [policy.place.line for policy in made.policies]
    assert 7 == made.policies[1].rules[0].place.line
    assert [("Mill", 7)] == [(named.name, named.place.line) for named in made.named_areas]


AMOUNTS = [
    # what is written, where, and what the program holds
    ("max: 0.3 EUR/kWh", "maximum", 30),
    ("max: 300 EUR/MWh", "maximum", 30),
    ("max: 30 ct/kWh", "maximum", 30),
    ("max: '30'", "maximum", 30),
    ("min: 0.29 EUR/kWh", "minimum", 29),
    ("max_change: 0.07 EUR/kWh", "max_change", 7),
    ("hold: 2 slots", "hold_slots", 2),
    ("hold: 1 h", "hold_slots", 4),
    ("hold: 0.5 h", "hold_slots", 2),
    ("hold: 0", "hold_slots", 0),
    ("decimals: 3", "decimals", 3),
    ("dead_band: 0.1", "dead_band", 0.1),
]


@pytest.mark.parametrize(("line", "field", "value"), AMOUNTS)
def test_amounts_are_converted_in_decimal(line, field, value):
    """0.29 EUR/kWh are 29 ct/kWh, and not 28.999999999999996."""
    made = program(f"areas: {{Grid: 1}}\nlimits: {{{line}}}\n")
    assert value == getattr(made.policies[0].limits, field)


DEFAULTS = [("ct/kWh", 1000), ("percent", 100)]


@pytest.mark.parametrize(("unit", "most"), DEFAULTS)
def test_without_limits_a_fee_still_has_its_rails(unit, most):
    """From 0 to 1000 ct/kWh or 100 percent, in whole numbers."""
    limits = program(f"fee_unit: {unit}\nareas: {{Grid: 1}}").policies[0].limits
    assert (0, most, None, None, 0, 0) == (
        limits.minimum,
        limits.maximum,
        limits.max_change,
        limits.dead_band,
        limits.hold_slots,
        limits.decimals,
    )


OPEN = ["limits: {max: 8, decimals: ", "limits: {", "areas: [1, ", "areas: {A: {B: 1}, C:"]


@pytest.mark.parametrize("end", OPEN)
def test_a_file_that_breaks_off_names_the_bracket_that_is_open(end):
    """A file that is only half there is told at the bracket, not at its end."""
    made = run(f"rulegrid: 1\nname: x\n{end}")
    (finding,) = [f for f in made.findings if f.code == "RG004"]
    assert "that is never closed" in finding.message
    assert made.source.text[finding.span.start] in "{["
