"""What a page does when it is touched, and that its curves are the data however one looks."""

import math
import time
from statistics import fmean

import pytest

from tests.console import rulegrid
from tests.rehearsal.report.pages import written

DAY = 96
DAYS = 21
IMPORTS = [
    round(8 + 6 * math.sin(at * math.tau / DAY) + at % 7 / 10, 1) for at in range(DAYS * DAY)
]
IMPORTS[1000] = 40
"""Three weeks, and once in them more than the line can carry."""
FULL = "2026-01-22 22:15"
"""The slot that the fee of the row with that number applies to."""

AT_LEISURE = 0.4
"""Seconds after which a click is not the second of a double click."""


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """The page of three weeks."""
    return written(tmp_path_factory.mktemp("long"), IMPORTS)


@pytest.fixture(scope="module")
def window(chromium, long):
    """That page in a window."""
    return chromium.open(long.page)


@pytest.fixture
def seen(window):
    """The same as it was at first: the whole history of the first area."""
    choose(window, 0)
    if not window.value("document.getElementById('whole').hidden"):
        window.click_on("#whole")
    return window


def choose(window, area):
    """An area from the list."""
    window.value(
        f"((list) => {{ list.value = {area}; list.dispatchEvent(new Event('change')); }})"
        "(document.getElementById('area'))"
    )
    window.wait_for("document.getElementById('main').getAttribute('aria-busy') === 'false'")


def curve(window, rulebook=0):
    """The line of a rulebook as the chart library holds it: times, fees, lowest and highest."""
    return window.value(
        "(({x, y, customdata}) => ({x, y, bounds: customdata}))(document.getElementById('time')"
        f".data.find(({{meta}}) => meta && meta.rulebook === {rulebook} && !meta.band))"
    )


def as_drawn(moment):
    return moment.replace("T", " ")


def test_a_long_history_is_drawn_by_the_hour_and_says_so(seen, long):
    """Each point is the mean of an hour's slots, with the lowest and the highest of them."""
    assert "A line is the mean of 4 slots (1 h)" in seen.text("#time-note")
    drawn, fees = curve(seen), long.fees["r0.yaml", "Grid"]
    hours = {}
    for slot, fee in fees.items():
        hours.setdefault(slot[:13], []).append(fee)
    by_hour = {as_drawn(at)[:13]: at for at in drawn["x"]}
    assert set(hours) <= set(by_hour)
    assert len(hours) - 2 <= sum(mean is not None for mean in drawn["y"])
    for at, mean, (low, high) in zip(drawn["x"], drawn["y"], drawn["bounds"], strict=True):
        expected = hours.get(as_drawn(at)[:13])
        if expected and mean is not None:
            assert (pytest.approx(fmean(expected)), min(expected), max(expected)) == (
                mean,
                low,
                high,
            )


def plot(window):
    """The box of the fees over time: left, top, width, height."""
    return window.value(
        "(({x, y, width, height}) => [x, y, width, height])"
        "(document.querySelector('#time .draglayer .xy .nsewdrag').getBoundingClientRect())"
    )


def look_closer(window):
    """Drag over a tenth of the history."""
    left, top, width, height = plot(window)
    window.drag((left + 0.45 * width, top + 90), (left + 0.55 * width, top + height - 60))
    window.wait_for("document.getElementById('time-note').textContent.includes('Every slot')")


def test_looking_closer_shows_every_slot_as_it_is(seen, long):
    """Then each point is a slot with its fee; a double click, or the button, shows all again."""
    look_closer(seen)
    drawn, fees = curve(seen), long.fees["r0.yaml", "Grid"]
    assert DAYS * DAY / 12 < len(drawn["x"]) < DAYS * DAY / 8
    assert drawn["y"] == [fees[as_drawn(at)] for at in drawn["x"]]
    seen.click_on("#whole")
    seen.wait_for("document.getElementById('whole').hidden")
    assert "mean of 4 slots" in seen.text("#time-note")
    look_closer(seen)
    left, top, width, height = plot(seen)
    seen.click(left + width / 3, top + height / 3, times=2)
    seen.wait_for("document.getElementById('whole').hidden")


def circles(window):
    """The middles of the circles of peaks that are seen."""
    return window.value(
        "[...document.querySelectorAll('#time .points path')]"
        ".map((each) => each.getBoundingClientRect()).filter(({width}) => width)"
        ".map(({x, y, width, height}) => [x + width / 2, y + height / 2])"
    )


def test_a_click_on_a_peak_tells_why(seen):
    """The deciding rule with its reason, and the number that made it true."""
    seen.click_on("#peaks button:last-child")
    assert "30 ct/kWh" not in seen.text("#why-heading")
    x, y = min(circles(seen), key=lambda place: place[1])
    seen.click(x, y)
    assert f"Why 30 ct/kWh at {FULL} UTC?" == seen.text("#why-heading")
    told = seen.text("#why")
    assert "The line is full" in told
    assert "import = 40 kWh" in told
    assert "line 8" in told


def test_a_click_on_any_other_slot_gives_the_command_that_explains_it(seen, long):
    """And that command tells the very fee that is drawn there."""
    left, top, width, height = plot(seen)
    seen.click(left + 0.3 * width, top + height / 2)
    assert seen.text("#why-heading").startswith("4 slots from 2026-01-18 ")
    assert "Look closer to choose one of them" in seen.text("#why")
    look_closer(seen)
    time.sleep(AT_LEISURE)
    seen.click(left + 0.3 * width, top + height / 2)
    day, hour, _ = seen.text("#why-heading").split()
    told, command = seen.text("#why").split("\n\n")[1].splitlines()
    fee = long.fees["r0.yaml", "Grid"][f"{day} {hour}"]
    assert f"By import: {fee:g} ct/kWh" == told
    words = command.replace("'", "").split()
    assert ["rulegrid", "explain", "Grid", "--slot", f"{day}T{hour}"] == words[:5]
    ran = rulegrid(*words[1:], folder=long.page.parent)
    assert f"Grid: {fee:g} ct/kWh from {day} {hour} (UTC)" in ran.out


@pytest.mark.parametrize("by", ["table", "list"])
def test_another_area_shows_its_own_curves_and_peaks(seen, long, by):
    """Chosen in the table or from the list."""
    if by == "table":
        seen.click_on("#areas tbody tr:nth-child(2) button")
    else:
        choose(seen, 1)
    seen.wait_for("document.getElementById('main').getAttribute('aria-busy') === 'false'")
    assert "Grid/House" == seen.text("#area-heading")
    fees = long.fees["r0.yaml", "Grid/House"]
    bounds = [each for each in curve(seen)["bounds"] if each[1] is not None]
    assert max(fees.values()) == max(high for _, high in bounds)
    assert f"Why {max(fees.values()):g} ct/kWh" in seen.text("#why-heading")
    assert "import = 20 kWh" in seen.text("#why")


def test_the_key_hides_a_curve_and_shows_it_again(seen):
    """Its line, its band and its circles."""
    mine = (
        "document.getElementById('time').data.filter("
        "({meta}) => meta && (meta.rulebook === 0 || meta.peaks === 0))"
    )
    assert [True] * 3 == seen.value(f"{mine}.map((each) => each.visible)")
    seen.click_on("#key button")
    assert [False] * 3 == seen.value(f"{mine}.map((each) => each.visible)")
    assert [] == circles(seen)
    seen.click_on("#key button")
    assert [True] * 3 == seen.value(f"{mine}.map((each) => each.visible)")


@pytest.fixture(scope="module")
def many(chromium, tmp_path_factory):
    """The page of seven rulebooks, the last of which has fees in percent."""
    units = (*["ct/kWh"] * 6, "percent")
    return chromium.open(written(tmp_path_factory.mktemp("many"), IMPORTS[:40], units=units).page)


def test_fees_in_different_units_have_axes_of_their_own(many):
    """Percent are not drawn on the axis of ct/kWh, nor compared with recorded ct/kWh."""
    traces = "document.getElementById('time').data"
    axes = many.value(f"{traces}.filter(({{meta}}) => meta).map((each) => each.yaxis)")
    assert [*["y"] * 6, "y3"] * 2 == axes
    titles = many.value("[...document.querySelectorAll('text')].map((each) => each.textContent)")
    assert 2 == titles.count("fee (ct/kWh)") == titles.count("fee (percent)")
    assert "only rulebooks with fees in ct/kWh are compared" in many.text("#unit-note")


def test_many_rulebooks_are_rows_each_with_a_curve_of_its_own(many):
    """Their figures are beside each other, and the seventh is not taken for the first."""
    table = "[...document.querySelectorAll('#totals {}')].map((each) => each.textContent)"
    parts = ("thead th", "tbody tr:last-child > *")
    heads, last = (many.value(table.format(css)) for css in parts)
    assert ["By import", "percent"] == last[:2]
    assert "\u2013" == last[heads.index("as recorded, EUR")]
    many.click_on("#key button")
    visible = "document.getElementById('time').data.filter(({meta}) => meta).map((e) => e.visible)"
    assert [False, *[True] * 6] * 2 == many.value(visible)
