"""Which parts a rulebook has, and when a test has tried one."""

from rulegrid.rehearsal.cases.coverage import items_of
from rulegrid.rehearsal.cases.rounds import Round, round_of, try_file
from tests.building import compiled
from tests.rehearsal.cases.trying import read


def parts(rulebook: str) -> list[str]:
    return [item.what for item in items_of(compiled(rulebook))]


def untried(rulebook: str, tests: str) -> list[str]:
    return [item.what for each in round_(rulebook, tests).coverages for item in each.uncovered]


def round_(rulebook: str, tests: str) -> Round:
    file = read(rulebook, tests)
    assert () == file.findings
    return round_of([try_file(file, lambda _: True)])


def given(values: str, more: str = "") -> str:
    """A test that passes whatever comes out."""
    return f"""
- name: any
  start: 2026-06-01 12:00
  given: {{{values}}}
  expect: {{Grid: 0}}
  tolerance: 1000
{more}"""


RULES = """
areas:
  Grid:
    rules:
      - {when: import > 10 kWh, fee: 3, because: much}
      - {when: import > 5 kWh, fee: 2}
      - otherwise: 1
"""


def test_each_rule_is_a_part():
    """Tried where it decided; one formula alone is the fee."""
    assert ["rule 1 of `Grid`", "rule 2 of `Grid`", "otherwise of `Grid`"] == parts(RULES)[1:]
    told = untried(RULES, given("Grid.import: [20, 1, none]"))
    assert ["rule 2 of `Grid`"] == told
    assert ["the fee of `*`"] == parts("areas: {'*': 2}")


def test_lack_of_data_is_a_part_where_a_metric_can_lack():
    """Once for all areas that have the same `when_no_data`, and once for each that has its own."""
    assert [] == [each for each in parts("areas: {Grid: 2}") if "no data" in each]
    assert [] == [each for each in parts("areas: {Grid: default(avg_price, 2)}") if "data" in each]
    book = "areas: {Grid: avg_price, Mill: avg_price, Street: {fee: avg_price, when_no_data: 1}}\n"
    told = [each for each in parts(book + "limits: {max: 30}") if "no data" in each]
    assert ["no data in `Grid` or `Mill`", "no data in `Street`"] == sorted(told)
    assert "no data in `Grid`" in untried(RULES, given("Grid.import: [20, 7, 1]"))


def test_the_options_of_named_values_are_parts():
    """Steps, windows, `otherwise` and dated values; tried where a fee leans on them."""
    book = """
timezone: UTC
variables:
  base: {unit: ct/kWh, from: {2021-01-01: 1, 2026-06-02: 2}}
bands:
  load: {input: import, steps: [{up_to: 5 kWh, fee: base}, {above: 5 kWh, fee: 3}]}
calendars:
  noon: {unit: ct/kWh, otherwise: 0, windows: [{name: noon, hours: "12:00-13:00", value: 1}]}
areas: {Grid: load + noon, Mill: 1}
limits: {max: 10}
"""
    told = untried(book, given("Grid.import: [1, 1, none]"))
    assert [
        "`from 2026-06-02` of base",
        "`otherwise` of noon",
        "`step 2` (above 5 kWh) of load",
    ] == sorted(told)


def test_an_option_that_no_fee_leans_on_is_not_tried():
    """A rule that reads a band but does not decide tries none of its steps."""
    book = """
bands:
  load: {input: import, steps: [{up_to: 5 kWh, fee: 1}, {above: 5 kWh, fee: 3}]}
areas: {Grid: {rules: [{when: export > 1 kWh, fee: load}, {otherwise: 1}]}}
"""
    told = untried(book, given("Grid.import: [1, 9], Grid.export: 0"))
    assert {"`step 1` (up_to 5 kWh) of load", "`step 2` (above 5 kWh) of load"} < set(told)


def test_an_option_that_an_aggregate_asks_of_other_areas_is_tried_there():
    """The step that a house takes, not the one that the grid above it would."""
    book = """
bands:
  load: {input: import, steps: [{up_to: 5 kWh, fee: 1}, {above: 5 kWh, fee: 3}]}
areas: {Grid: highest(all.load)}
"""
    told = untried(book, given("House 1.import: 9"))
    assert "`step 1` (up_to 5 kWh) of load" in told
    assert "`step 2` (above 5 kWh) of load" not in told


HALF_DAYS = """
slot_length: 12 h
timezone: UTC
calendars: {sheet: {file: tou.csv, unit: ct/kWh}}
"""
TOU = {"tou.csv": b"Time;Grid;Mill\n00:00;3;4\n12:00;1;2\n"}


def untried_rows(book: str, start: str) -> list[tuple[str, int, str]]:
    """The rows of TOU that no test has tried, for the slot that begins at `start`."""
    tests = given("Grid.import: 1").replace("12:00", start)
    file = read(HALF_DAYS + book, tests, files=TOU)
    assert () == file.findings
    (found,) = round_of([try_file(file, lambda _: True)]).coverages
    return [(each.table, each.line, each.what) for each in found.uncovered if each.table]


def test_each_row_of_a_table_is_a_part_in_its_own_file():
    """Tried as soon as any area has taken its cell."""
    noon, midnight = ("tou.csv", 3, "row 12:00 of sheet"), ("tou.csv", 2, "row 00:00 of sheet")
    assert [midnight] == untried_rows("areas: {Grid: sheet}", "12:00")
    assert [noon] == untried_rows("areas: {Mill: sheet, Grid: 0}", "00:00")
    assert [noon] == untried_rows("areas: {Grid: highest(all.sheet)}", "00:00")


def test_a_row_that_no_fee_leans_on_is_not_tried():
    """Neither by an area without a column nor by a rule that did not decide."""
    for book in (
        'areas: {Street: "default(sheet, 1 ct/kWh)"}',
        "areas: {Grid: {rules: [{when: import > 5 kWh, fee: sheet}, {otherwise: 1}]}}",
    ):
        assert 2 == len(untried_rows(book, "12:00"))


def test_a_limit_is_a_part_where_it_is_written_and_can_move_a_fee():
    """Not what is the language's own, nor a `max` out of reach, nor `decimals`."""
    assert ["the fee of `Grid`"] == parts(
        "areas: {Grid: 2}\nlimits: {max: 5, min: 0, decimals: 1}"
    )
    assert "`max`" in parts("areas: {Grid: avg_price}\nlimits: {max: 5}")
    book = "areas: {Grid: {fee: avg_price, limits: {max: 5}}}\nlimits: {max: 9, max_change: 1}"
    told = [each for each in parts(book) if "max" in each]
    assert ["`max` of `Grid`", "`max_change`"] == told


def test_a_limit_is_tried_where_it_changed_a_fee():
    """Each of them for itself."""
    book = (
        "areas: {Grid: avg_price}\n"
        "limits: {min: 2, max: 9, max_change: 3, dead_band: 0.5, hold: 2 slots, decimals: 1}"
    )
    everything = "Grid.avg_price: [1, 12, 12, 12, 12, 12, 12, 12, 12.2, 8.7, none]"
    assert [] == untried(book, given(everything))
    assert {"`hold`", "`max_change`"} <= set(untried(book, given("Grid.avg_price: [2, 2, 3]")))


def test_only_tests_that_have_to_pass_try_anything():
    """A `todo` does not, nor what is skipped."""
    everything = "Grid.import: [20, 7, 1, none]"
    assert [] == untried(RULES, given(everything))
    for key in ("skip", "todo"):
        strict = given(everything, f"  {key}: later\n").replace("tolerance: 1000", "tolerance: 0")
        assert 4 == len(untried(RULES, strict))


def test_a_share_is_never_rounded_up():
    """Only all is 100 %."""
    done = round_(RULES, given("Grid.import: [20, 7, 1]"))
    assert 75.0 == done.coverage
    assert 100.0 == round_(RULES, given("Grid.import: [20, 7, 1, none]")).coverage
