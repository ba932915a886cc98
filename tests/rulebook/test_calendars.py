"""Windows of calendars and steps of bands, proved before a rulebook is used."""

import re
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.rulebook import holidays
from tests.building import compiled
from tests.reference.choices import Days

HOLIDAYS = ["2026-01-01", "2026-12-25", "2027-05-06", "2028-02-29", "2031-06-01"]
TIMES = ["00:00", "01:30", "06:00", "12:00", "17:15", "22:00"]
MONTHS = ["Jan", "Feb", "Nov-Feb", "Mar-Oct", ["Dec", "May-Jun"]]
DAYS = ["workdays", "weekends", "holidays", "Sun", "Mon-Fri", ["Sat", "holidays"], ["Mon", "Sun"]]
FIRST = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall clock


@st.composite
def windows(draw):
    """One to four windows, of which some hold always."""
    listed = []
    for _ in range(draw(st.integers(1, 4))):
        start, end = draw(st.permutations(TIMES))[:2]
        hours = f"{start}-{'24:00' if end == '00:00' else end}"
        of = {"months": MONTHS, "days": DAYS, "hours": [hours]}
        window = {k: draw(st.sampled_from(v)) for k, v in of.items() if draw(st.booleans())}
        listed.append({**window, "value": 1})
    return listed


def findings(listed, days, **more):
    book = {
        "rulegrid": 1,
        "name": "x",
        "timezone": "UTC",
        "holidays": days,
        "calendars": {"c": {"windows": listed, **more}},
        "areas": {"Grid": "c"},
    }
    return compiled(yaml.dump(book, Dumper=Plain, sort_keys=False)).findings


class Plain(yaml.SafeDumper):
    """Writes nothing as an alias."""

    def ignore_aliases(self, _data):
        return True


def holding(listed, days, moment):
    """The windows that hold at a moment, by the reference."""
    clock = Days(days)
    clock.moments.append(moment.replace(tzinfo=UTC))
    return [number for number, window in enumerate(listed) if clock.holds(0, window)]


def moment_in(message):
    day, time = re.search(r"(\d{4}-\d\d-\d\d) at (\d\d:\d\d)", message).groups()
    return datetime.fromisoformat(f"{day} {time}")


def moments(days):
    """Moments in a hundred years, most of them near holidays."""
    near = st.sampled_from([*days, "2026-02-28", "2024-12-31"]).map(datetime.fromisoformat)
    far = st.integers(0, 36524).map(lambda number: FIRST + timedelta(days=number))
    minutes = st.sampled_from([0, 89, 90, 359, 360, 720, 1034, 1035, 1319, 1320, 1439])
    return st.builds(
        lambda day, more, minute: day + timedelta(days=more, minutes=minute),
        near | far,
        st.integers(-1, 1),
        minutes,
    )


@settings(max_examples=60)
@given(windows(), st.lists(st.sampled_from(HOLIDAYS), unique=True, min_size=1), st.data())
def test_what_is_found_is_so_and_what_is_not_found_never_comes(listed, days, data):
    """A time that is named is as it says; where none is named, every time has one value."""
    found = findings(listed, days)
    for each in found:
        if each.code == "RG309":
            lines = [int(line) for line in re.findall(r"window (\d+)", each.message)]
            both = {number - 1 for number in lines}
            assert both <= set(holding(listed, days, moment_in(each.message)))
        elif each.code == "RG310":
            assert [] == holding(listed, days, moment_in(each.message))
    codes = {each.code for each in found}
    dead = {int(re.search(r"window (\d+)", f.message)[1]) - 1 for f in found if f.code == "RG403"}
    for moment in data.draw(st.lists(moments(days), min_size=20, max_size=20)):
        now = holding(listed, days, moment)
        assert dead.isdisjoint(now)
        assert len(now) <= 1 or "RG309" in codes
        assert now or "RG310" in codes


@settings(max_examples=20)
@given(windows(), st.data())
def test_a_window_that_never_decides_is_never_the_last_to_hold(listed, data):
    """Of windows that may overlap; all others are the last to hold at some time."""
    found = findings(listed, HOLIDAYS, overlap="last", otherwise=0)
    assert {"RG403"} >= {each.code for each in found}
    dead = {int(re.search(r"window (\d+)", each.message)[1]) - 1 for each in found}
    for moment in data.draw(st.lists(moments(HOLIDAYS), min_size=20, max_size=20)):
        assert dead.isdisjoint(holding(listed, HOLIDAYS, moment)[-1:])
    start = datetime(2026, 1, 1)  # noqa: DTZ001 - a wall clock
    edges = [0, *(int(time[:2]) * 60 + int(time[3:]) for time in TIMES)]
    every = (start + timedelta(days=day, minutes=edge) for day in range(2000) for edge in edges)
    waiting = set(range(len(listed))) - dead
    while waiting:
        waiting.difference_update(holding(listed, HOLIDAYS, next(every))[-1:])


def test_a_window_may_begin_where_another_ends():
    """Also over midnight and over the new year."""
    listed = [
        {"months": "Nov-Feb", "hours": "22:00-06:00", "value": 1},
        {"months": "Nov-Feb", "hours": "06:00-22:00", "value": 2},
        {"months": "Mar-Oct", "hours": "06:00-24:00", "value": 3},
        {"months": ["Apr-Oct"], "hours": "00:00-06:00", "value": 4},
    ]
    (found,) = findings(listed, [])
    assert ("RG310", "no window holds on Mon 2026-03-02 at 00:00") == (found.code, found.message)
    listed[3] = {"months": "Mar-Oct", "hours": "00:00-06:00", "value": 4}
    told = {found.code: found.message for found in findings(listed, [])}
    assert "Sun 2026-03-01 at 00:00" in told["RG309"]  # a night of February ends in March
    assert "Sun 2026-11-01 at 00:00" in told["RG310"]  # none of October does


def test_holidays_and_workdays_never_meet():
    """But holidays and weekends do, if a holiday ever falls on one."""
    groups = [{"days": "workdays", "value": 1}, {"days": "holidays", "value": 2}]
    assert () == findings(groups, ["2026-12-25"], otherwise=0)
    groups[0]["days"] = "weekends"
    assert () == findings(groups, ["2026-12-25"], otherwise=0)  # a Friday
    (found,) = findings(groups, ["2026-12-26"], otherwise=0)
    assert "Sat 2026-12-26 at 00:00" in found.message


def test_an_overlap_that_is_meant_is_no_finding():
    """`add` and `last` say what holds."""
    groups = [{"days": "Sun", "value": 1}, {"months": "Jan", "value": 2}]
    for overlap in ("add", "last"):
        assert () == findings(groups, [], otherwise=0, overlap=overlap)
    assert ["RG309"] == [each.code for each in findings(groups, [], otherwise=0)]


def test_holidays_of_a_country_are_known_for_a_century():
    """Movable ones too; a region has its own."""
    austria = holidays.days_of("AT", None, ())
    assert {date(2026, 4, 6), date(2099, 12, 25), date(2000, 1, 1)} <= austria
    regions = holidays.of_country("DE")
    bavaria = holidays.days_of("DE", "BY", regions)
    assert date(2026, 1, 6) in bavaria - holidays.days_of("DE", None, regions)


def test_without_the_library_the_finding_says_what_to_install(monkeypatch):
    """A list of dates is understood all the same."""
    text = "holidays: {country: SE}\nareas: {Grid: 1}"
    monkeypatch.setitem(sys.modules, "holidays", None)
    (found,) = compiled(text).findings
    assert "RG311" == found.code
    assert 'pip install "rulegrid[holidays]"' in found.hint
    assert () == compiled("holidays: [2026-12-25]\nareas: {Grid: 1}").findings


BOUNDS = [
    # the steps' ends, and the codes of what is found
    ("{up_to: 10 kWh, fee: 1}, {above: 10 kWh, fee: 2}", []),
    ("{up_to: 10 kWh, fee: 1}, {above: 0.01 MWh, fee: 2}", []),
    ("{up_to: 0, fee: 1}, {up_to: 1 kWh, fee: 1}, {above: 1 kWh, fee: 2}", []),
    ("{up_to: -5 kWh, fee: 1}, {up_to: -1 kWh, fee: 1}, {above: -1 kWh, fee: 2}", []),
    ("{up_to: 10 kWh, fee: 1}, {above: 11 kWh, fee: 2}", ["RG308"]),
    ("{up_to: 10 kWh, fee: 1}, {above: 9 kWh, fee: 2}", ["RG308"]),
    ("{up_to: 1 kWh, fee: 1}, {up_to: 1000 Wh, fee: 1}, {above: 1 kWh, fee: 2}", ["RG308"]),
    ("{up_to: 1 kWh, fee: 1}, {up_to: 2 kWh, fee: 1}", ["RG308"]),
    ("{above: 1 kWh, fee: 1}, {above: 1 kWh, fee: 1}", ["RG308"]),
    ("{above: 1 kWh, fee: 1}, {up_to: 1 kWh, fee: 1}", ["RG308", "RG308"]),
    ("{up_to: 1 kWh, fee: 1}, {above: 1 kW, fee: 1}", ["RG113"]),
    ("{up_to: 1, fee: 1}, {above: 1 kWh, fee: 1}", ["RG107"]),
    ("{up_to: 1 kWh, fee: nope}, {above: 1 kWh, fee: 1 kWh}", ["RG101", "RG113"]),
    ("{up_to: import, fee: 1}, {above: 1 kWh, fee: 1}", ["RG102"]),
]


@pytest.mark.parametrize(("steps", "codes"), BOUNDS)
def test_steps_rise_without_gap_or_overlap(steps, codes):
    """In whatever units they are written, up to the last one, which is `above` the one before."""
    text = f"bands: {{b: {{input: import, steps: [{steps}]}}}}\nareas: {{Grid: b}}"
    assert codes == [each.code for each in compiled(text).findings if each.code < "RG400"]
