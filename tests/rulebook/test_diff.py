"""What a difference tells of single changes, and what it proves to be none."""

import pytest

from rulegrid.rulebook.diff import Change, changes
from tests.building import compiled

NIGHT = '{days: workdays, hours: "22:00-06:00", value: 1}'
DAY = '{hours: "08:00-16:00", value: 2}'
CLOCK = "timezone: Europe/Vienna\n"


def difference(old: str, new: str) -> tuple[Change, ...]:
    readings = []
    for text in (old, new):
        made = compiled(text)
        assert made.proofs is not None, made.findings
        readings.append(made.proofs.reading)
    return changes(*readings)


def told(old: str, new: str) -> list[tuple[str, str, str, str]]:
    """Each change: its kind, what it is about, and both sides."""
    return [
        (
            change.kind,
            change.what,
            change.old.text if change.old else "-",
            change.new.text if change.new else "-",
        )
        for change in difference(old, new)
    ]


def calendar(*windows: str, more: str = "otherwise: 0") -> str:
    listed = "\n".join(f"      - {window}" for window in windows)
    return f"{CLOCK}calendars:\n  c:\n    {more}\n    windows:\n{listed}\nareas: {{Grid: c}}\n"


def band(*steps: str) -> str:
    listed = "\n".join(f"      - {{{step}}}" for step in steps)
    return f"bands:\n  b:\n    input: import\n    steps:\n{listed}\nareas: {{Grid: b}}\n"


SAME = {
    "a comparison turned round": ("import > 3 kWh", "3 kWh < import"),
    "a negation": ("import > 3 kWh", "not import <= 3 kWh"),
    "a chain": ("1 kWh < import <= 3 kWh", "import <= 3 kWh and import > 1 kWh"),
    "the order of conditions": (
        "is_workday and (import > 1 kWh or export > 1 kWh)",
        "(export > 1 kWh or import > 1 kWh) and is_workday",
    ),
    "parentheses": (
        "is_workday and (hour < 3 and hour > 1)",
        "is_workday and hour < 3 and hour > 1",
    ),
    "units": ("import > 0.07 MWh", "import > 70 kWh"),
    "power times time": ("import > 280 kW * 15 min", "import > 280 kW * 0.25 h"),
    "a window": ("average(import, 1 h) > 1 kWh", "average(import, 4 slots) > 1000 Wh"),
    "a sum": ("import + export > 1 kWh", "export + import > 1 kWh"),
    "the larger of two": ("max(import, export) > 1 kWh", "max(export, import) > 1 kWh"),
}
"""Conditions that say the same."""


@pytest.mark.parametrize("how", SAME)
def test_a_condition_spelled_otherwise_is_the_same(how):
    """What is the same whatever is reported is no change."""
    old, new = (f"{CLOCK}areas: {{Grid: '2 if {text} else 1'}}\n" for text in SAME[how])
    assert () == difference(old, new)


DIFFERENT = {
    "an edge": ("import > 3 kWh", "import >= 3 kWh"),
    "another area": ("Grid.import > 3 kWh", "Mill.import > 3 kWh"),
    "the parent": ("import > 3 kWh", "parent.import > 3 kWh"),
    "a longer window": ("average(import, 1 h) > 1 kWh", "average(import, 2 h) > 1 kWh"),
    "another function": ("average(import, 1 h) > 1 kWh", "highest(import, 1 h) > 1 kWh"),
    "the order of a difference": ("import - export > 1 kWh", "export - import > 1 kWh"),
    "a default": ("default(import, 1 kWh) > 1 kWh", "import > 1 kWh"),
    "where no data is false": ("has(import)", "import >= 0 kWh"),
    "children or all": ("count(children.import > 0) > 1", "count(all.import > 0) > 1"),
}


@pytest.mark.parametrize("how", DIFFERENT)
def test_another_condition_is_a_change(how):
    """It is told with both texts, as the author wrote them."""
    old, new = (f"areas: {{Grid: '2 if {text} else 1'}}\n" for text in DIFFERENT[how])
    texts = (f"2 if {text} else 1" for text in DIFFERENT[how])
    assert [("fee", "`Grid`, fee", *texts)] == told(old, new)


def test_rules_an_if_and_a_band_that_say_the_same_are_the_same():
    """Whichever of them is in a rulebook, the other two may take its place."""
    rules = """\
areas:
  Grid:
    rules:
      - {when: import <= 5 kWh, fee: 1}
      - {when: import <= 9 kWh, fee: 2}
      - otherwise: 3
"""
    one = "areas: {Grid: '1 if import <= 5 kWh else 2 if not import > 9 kWh else 3'}\n"
    steps = band("up_to: 5 kWh, fee: 1", "up_to: 9000 Wh, fee: 2", "above: 9 kWh, fee: 3")
    assert () == difference(rules, one) == difference(one, steps) == difference(steps, rules)


def test_steps_and_days_that_repeat_the_one_before_are_no_change():
    """A band or dated values may be cut finer without a fee that differs."""
    coarse = band("up_to: 5 kWh, fee: 1", "above: 5 kWh, fee: 3")
    fine = band("up_to: 2 kWh, fee: 1", "up_to: 5 kWh, fee: 1", "above: 5 kWh, fee: 3")
    assert () == difference(coarse, fine)
    dated = f"{CLOCK}variables: {{v: {{unit: ct/kWh, from: {{DAYS}}}}}}\nareas: {{Grid: v}}\n"
    once = dated.replace("DAYS", "2021-01-01: 1")
    again = dated.replace("DAYS", "2021-01-01: 1, 2022-01-01: 1")
    assert () == difference(once, again)


def test_steps_of_a_band_are_told_by_what_they_take():
    """A raised fee, a moved end, and a step that is new."""
    old = band("up_to: 5 kWh, fee: 1", "up_to: 9 kWh, fee: 2", "above: 9 kWh, fee: 3")
    raised = old.replace("fee: 2", "fee: 2.5")
    assert [
        ("band", "band `b`, step 2 (above 5 kWh up to 9 kWh): fee", "2 ct/kWh", "2.5 ct/kWh")
    ] == (told(old, raised))
    moved = old.replace("9 kWh", "12 kWh")
    expected = "2 (above 5 kWh up to 9 kWh)", "2 (above 5 kWh up to 12 kWh)"
    assert [("band", "band `b`, step 2: where it holds", *expected)] == told(old, moved)
    assert ("band", "band `b`, input", "import", "export") in (
        told(old, old.replace("input: import", "input: export"))
    )


def test_windows_that_never_overlap_may_stand_in_any_order():
    """The order counts where the last one wins."""
    noon = '{hours: "12:00-13:00", value: 3}'
    assert () == difference(calendar(DAY, NIGHT), calendar(NIGHT, DAY))
    last = {"more": "overlap: last\n    otherwise: 0"}
    found = told(calendar(DAY, noon, **last), calendar(noon, DAY, **last))
    assert ["calendar"] == [kind for kind, *_ in found]


def test_windows_are_told_by_their_names():
    """Other hours, another value, and what holds at all other times."""
    old = calendar('{name: peak, hours: "17:00-20:00", value: 2}', NIGHT)
    new = calendar('{name: peak, hours: "17:00-21:00", value: 2.5}', NIGHT, more="otherwise: 0.5")
    assert [
        ("calendar", "calendar `c`, window `peak`: when it holds", "17:00-20:00", "17:00-21:00"),
        ("calendar", "calendar `c`, window `peak`: value", "2 ct/kWh", "2.5 ct/kWh"),
        ("calendar", "calendar `c`, otherwise: value", "0 ct/kWh", "0.5 ct/kWh"),
    ] == told(old, new)


def test_dated_values_are_told_by_their_days():
    """Added, removed, and another value from the same day on."""
    text = f"{CLOCK}variables: {{v: {{unit: ct/kWh, from: {{DAYS}}}}}}\nareas: {{Grid: v}}\n"
    old = text.replace("DAYS", "2021-01-01: 1, 2024-01-01: 2, 2025-01-01: 3")
    new = text.replace("DAYS", "2021-01-01: 1, 2024-01-01: 2.5, 2027-01-01: 4")
    assert [
        ("variable", "variable `v`, from 2025-01-01", "3 ct/kWh", "-"),
        ("variable", "variable `v`, from 2024-01-01", "2 ct/kWh", "2.5 ct/kWh"),
        ("variable", "variable `v`, from 2027-01-01", "-", "4 ct/kWh"),
    ] == told(old, new)


VERSIONS = """\
variables: {load: import, twice: load * 2, idle: export}
areas:
  Grid: twice / 1 kWh * 1 ct/kWh
  Mill: {fee: twice / 1 kWh * 1 ct/kWh, variables: {load: volume}}
  Street: 2
"""


def test_a_variable_tells_whose_fees_it_reaches():
    """Through other names too, and not where an area has its own version."""
    (found,) = difference(VERSIONS, VERSIONS.replace("load: import", "load: export"))
    assert ("variable `load`", ("Grid",)) == (found.what, found.selectors)
    (found,) = difference(VERSIONS, VERSIONS.replace("twice: load * 2", "twice: load * 3"))
    assert ("variable `twice`", ("Grid", "Mill")) == (found.what, found.selectors)
    (found,) = difference(VERSIONS, VERSIONS.replace("load: volume", "load: export"))
    assert ("variable `load` of `Mill`", ("Mill",)) == (found.what, found.selectors)


def test_what_no_fee_depends_on_is_no_change():
    """A variable that nothing uses may be anything."""
    assert () == difference(VERSIONS, VERSIONS.replace("idle: export", "idle: import"))


def test_a_named_value_that_was_renamed_and_changed_is_told_once():
    """As a change of what it now is, with the name it had."""
    new = VERSIONS.replace("idle: export", "idle: volume").replace("twice", "much")
    new = new.replace("much: load * 2", "much: load * 4")
    assert [("variable", "variable `much` (was `twice`)", "load * 2", "load * 4")] == told(
        VERSIONS, new
    )


GROUPS = """\
groups: {streets: [Street 1, Street 2], mills: [Mill]}
variables: {load: import}
areas:
  Grid: 2 if total(streets.load) > 3 kWh else 1
  Mill: {fee: 3, variables: {load: export}}
"""


def test_a_group_is_what_it_holds():
    """Its name and its order say nothing; another member is told, and whom that reaches."""
    again = GROUPS.replace("[Street 1, Street 2]", "[Street 2, Street 1]")
    assert () == difference(GROUPS, again.replace("streets", "roads"))
    (found,) = difference(GROUPS, GROUPS.replace("Street 2]", "Street 3]"))
    assert ("group", "group `streets`", ("Grid",)) == (found.kind, found.what, found.selectors)


def test_what_other_areas_work_out_reaches_an_aggregate():
    """A total over areas depends on the versions that those areas have."""
    (found,) = difference(GROUPS, GROUPS.replace("load: export", "load: volume"))
    assert ("variable `load` of `Mill`", ("Grid",)) == (found.what, found.selectors)


RULES = """\
areas:
  Grid:
    rules:
      - {when: import > 9 kWh, fee: 3, because: Full}
      - {when: import > 5 kWh, fee: 2}
      - {when: export > 5 kWh, fee: 4}
      - otherwise: 1
"""


def test_rules_are_told_one_by_one():
    """Added, removed, moved, with another condition, another fee or other words."""
    first, second, third = RULES.splitlines(keepends=True)[3:6]
    assert [("rule", "`Grid`, rule 2", "when import > 5 kWh: 2 ct/kWh", "-")] == told(
        RULES, RULES.replace(second, "")
    )
    assert [("rule", "`Grid`, rule 2", "-", "when import > 5 kWh: 2 ct/kWh")] == told(
        RULES.replace(second, ""), RULES
    )
    assert [("order", "`Grid`, rule 1", "rule 3", "rule 1")] == told(
        RULES, RULES.replace(third, "").replace(first, third + first)
    )
    assert [("condition", "`Grid`, rule 2: when", "import > 5 kWh", "import > 6 kWh")] == told(
        RULES, RULES.replace("import > 5", "import > 6")
    )
    assert [("fee", "`Grid`, otherwise: fee", "1 ct/kWh", "0 ct/kWh")] == told(
        RULES, RULES.replace("otherwise: 1", "otherwise: 0")
    )
    assert [("words", "`Grid`, rule 1: because", "Full", "Very full")] == told(
        RULES, RULES.replace("Full", "Very full")
    )


LIMITED = "areas: {Grid: 2, Mill: {fee: 3, limits: {max: 5}}}\nlimits: {max: 9, hold: 1 slot}\n"


def test_limits_tell_for_whom_they_change():
    """A shared limit concerns those without their own; where it is written does not matter."""
    (found,) = difference(LIMITED, LIMITED.replace("max: 9", "max: 8"))
    assert ("limits: max", ("Grid",)) == (found.what, found.selectors)
    areas = "areas: {Grid: {fee: 2, limits: {max: 9}}, Mill: {fee: 3}}\n"
    moved = f"{areas}limits: {{max: 5, hold: 15 min}}\n"
    assert () == difference(LIMITED, moved)
    (found,) = difference(LIMITED, LIMITED.replace(", hold: 1 slot", ""))
    assert ("1 slot", "0 slots", None) == (found.old.text, found.new.text, found.new.line)
    (found,) = difference(LIMITED, LIMITED + "when_no_data: skip\n")
    assert ("when_no_data", "keep", "skip") == (found.what, found.old.text, found.new.text)


def test_a_selector_with_the_same_policy_was_renamed():
    """Another one is gone, and one is new."""
    (found,) = difference(LIMITED, LIMITED.replace("Mill", "Old Mill"))
    assert ("`Mill`", "`Old Mill`") == (found.old.text, found.new.text)
    kinds = told(LIMITED, LIMITED.replace("Mill: {fee: 3", "Old Mill: {fee: 4"))
    assert [("selector", "selector `Mill`", "3 ct/kWh", "-"),
            ("selector", "selector `Old Mill`", "-", "4 ct/kWh")] == kinds  # fmt: skip


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("timezone", "Europe/Vienna", "Europe/London"),
        ("slot_length", "15 min", "30 min"),
        ("fee_unit", "ct/kWh", "percent"),
    ],
)
def test_settings_concern_all(key, old, new):
    """Whatever else stands in the rulebook."""
    texts = (
        f"{key}: {value}\nareas: {{Grid: 0 if import > 0 kWh else 0}}\n" for value in (old, new)
    )
    found = difference(*texts)[0]  # another fee unit has another default for `max`
    assert ("setting", key, ()) == (found.kind, found.what, found.selectors)


def test_holidays_are_told_by_the_days_that_differ():
    """The same days in another order are no change."""
    text = f"{CLOCK}holidays: [DAYS]\nareas: {{Grid: 2 if is_holiday else 1}}\n"
    old = text.replace("DAYS", "2026-01-01, 2026-12-25")
    assert () == difference(old, text.replace("DAYS", "2026-12-25, 2026-01-01"))
    new = text.replace("DAYS", "2026-01-01, 2026-12-26")
    expected = "2 days, 2026-12-25 among them", "2 days, 2026-12-26 among them"
    assert [("setting", "holidays", *expected)] == told(old, new)


def test_a_formula_tells_what_a_new_name_in_it_stands_for():
    """So that a reviewer need not look it up."""
    old = "variables: {v: import}\nareas: {Grid: 2 if v > 1 kWh else 1}\n"
    new = "variables: {v: import, w: v * 2, u: v * 3}\nareas: {Grid: 2 if w + u > 1 kWh else 1}\n"
    ((_, _, _, text),) = told(old, new)
    assert "2 if w + u > 1 kWh else 1 (where w = v * 2, u = v * 3)" == text
