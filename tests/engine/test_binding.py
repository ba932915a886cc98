"""A program on a grid: what is found only there, and what is worked out once."""

import numpy as np
import pytest

from rulegrid.diagnostics import Severity
from rulegrid.engine import binding as binding_room
from rulegrid.engine.binding import bind
from rulegrid.gateway.grids import named_grid
from tests.building import VILLAGE, binding_findings, bound, program

STATISTICS = [
    ("import / 1 kWh", True),
    ("self_sufficiency / 10 % * 1", True),
    ("fee_revenue / 1 ct", True),
    ("Grid.export / 1 kWh", True),
    ("average(import, 2 slots) / 1 kWh", True),
    ("volume / 1 kWh", False),
    ("avg_price", False),
    ("market_maker_rate + last_fee", False),
    ("2", False),
]


@pytest.mark.parametrize(("fee", "asked"), STATISTICS)
def test_statistics_are_needed_only_for_what_an_event_does_not_carry(fee, asked):
    """A rulebook of event metrics needs no second message; windows and names count."""
    assert asked == bound(f"areas: {{Mill: '{fee}'}}").needs_statistics


REPORTED = [
    ("areas: {Mill: import / 1 kWh}", ["Grid/Mill"]),
    ("areas: {Mill: Street.import / 1 kWh}", ["Grid/Street", "Grid/Mill"]),
    ("areas: {Mill: parent.import / 1 kWh}", ["Grid", "Grid/Mill"]),
    ("areas: {'House *': '\"Grid/Mill\".import / 1 kWh'}",
     ["Grid/Mill", "Grid/Street/House 1", "Grid/Street/House 2"]),
    ("areas: {Grid: import / 1 kWh}", ["Grid"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "areas"), REPORTED)
def test_only_the_areas_that_are_read_are_asked_about(text, areas):
    """Those that a selector names, and those that formulas name."""
    assert areas == list(bound(text).reported)


def test_a_name_in_a_formula_that_is_not_in_the_grid_is_a_warning():
    """RG504 is told once a name, at its first place, with the name that was meant."""
    text = "areas:\n  Grid: Stret.import / 1 kWh\n  Mill: Stret.volume / 1 kWh\n"
    (found,) = binding_findings(text)
    assert ("RG504", Severity.WARNING) == (found.code, found.severity)
    assert "did you mean `Street`?" == found.hint
    assert [4] == [named.place.line for named in program(text).named_areas]


def test_a_name_in_a_formula_that_two_areas_bear_is_an_error():
    """RG502 names the paths: whoever writes the name has to say which one."""
    tree = {"Grid": {"A": {"House": {}}, "B": {"House": {}}}}
    (found,) = binding_findings("areas: {Grid: House.import / 1 kWh}", tree)
    assert ("RG502", Severity.ERROR) == (found.code, found.severity)
    assert "write the path in quotes: `Grid/A/House`, `Grid/B/House`" == found.hint
    assert () == binding_findings("areas: {Grid: '\"Grid/B/House\".import / 1 kWh'}", tree)


def test_the_work_of_a_cycle_has_a_limit(monkeypatch):
    """RG506 says the number: nodes times areas, windows counted by their slots."""
    made = program("areas: {'*': 'average(import, 96 slots) / 1 kWh'}")
    assert () == bind(made, named_grid(VILLAGE)).findings
    monkeypatch.setattr(binding_room, "MOST_WORK", 400)
    (found,) = bind(made, named_grid(VILLAGE)).findings
    assert ("RG506", Severity.ERROR) == (found.code, found.severity)
    assert "at most 400 are allowed" in found.message
    on_one_area = bind(made, named_grid({"Grid": {}})).findings
    assert "RG506" not in {finding.code for finding in on_one_area}


def test_the_formulas_of_a_cycle_have_a_limit(monkeypatch):
    """RG506 also counts what each group works out for itself, late variables included."""
    text = "variables: {v: Grid.fee}\nareas: {Grid: 1, Mill: v, Street: v}"
    monkeypatch.setattr(binding_room, "MOST_FORMULAS", 8)
    assert () == binding_findings(text)
    monkeypatch.setattr(binding_room, "MOST_FORMULAS", 7)
    (found,) = binding_findings(text)
    assert ("RG506", Severity.ERROR) == (found.code, found.severity)
    assert "8 formulas one by one; at most 7 are allowed" in found.message


def test_an_error_leaves_no_binding_and_a_warning_does():
    """Whoever binds gets all findings, errors or not."""
    with_error = bind(program("areas: {'Mil*': 1, '*ill': 2, Nowhere: 3}"), named_grid(VILLAGE))
    assert (None, {"RG503", "RG501"}) == (
        with_error.binding,
        {finding.code for finding in with_error.findings},
    )
    with_warning = bind(program("areas: {Mill: 1, Nowhere: 3}"), named_grid(VILLAGE))
    assert with_warning.binding is not None
    assert ["RG501"] == [finding.code for finding in with_warning.findings]


def test_the_rails_are_each_areas_own():
    """What a batch is held against: min and max of the selector that won, else nothing."""
    text = "areas: {'*': 1, Mill: {fee: 1, limits: {max: 5}}}\nlimits: {min: 0.5, max: 30}"
    binding = bound(text)
    mill = binding.grid.names.index("Mill")
    assert [[0.5, 0.5], [30, 5]] == [[r[0], r[mill]] for r in binding.rails]
    lowest, highest = bound("areas: {Mill: 1}").rails
    assert np.isnan(lowest[0])
    assert (0, 1000) == (lowest[mill], highest[mill])


def test_equal_windows_share_their_history():
    """However they are spelled, and whatever function goes over them."""
    text = """\
areas:
  Grid: 'average(import - export, 4 slots) / 1 kWh'
  Mill: 'total( import-export , 1 h) / 1 kWh + highest(import - export, 2 slots) / 1 kWh'
"""
    histories = [t for t in bound(text).tasks if isinstance(t, binding_room.History)]
    assert [4] == [history.depth for history in histories]


DEPTHS = [
    ("average(import, 4 slots)", [4]),
    ("previous(import, 4 slots)", [5]),
    ("highest(previous(import, 2 slots), 3 slots)", [3, 3]),
]


@pytest.mark.parametrize(("window", "depths"), DEPTHS)
def test_a_history_is_as_deep_as_its_longest_window(window, depths):
    """`previous` needs one slot more; a window over a window has a history of its own."""
    tasks = bound(f"areas: {{Grid: '{window} / 1 kWh'}}").tasks
    assert depths == [task.depth for task in tasks if isinstance(task, binding_room.History)]
