"""Files of the exchange's SDK become rulebooks that say the same."""

import json
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.engine.binding import bind
from rulegrid.gateway.grids import named_grid
from rulegrid.gateway.rulebooks import compile_bytes
from rulegrid.grid import MarketSlot
from rulegrid.rulebook.imports import import_source
from rulegrid.rulebook.imports.steps import FEE, THRESHOLD
from rulegrid.source import Source
from tests.building import column, fees, fold, snapshot

MARKETS = ["Grid", "Community 1", "no", "1st street", "Straße #2", 'The "Mill"', "a/b", "import"]
AMOUNTS = st.decimals(0, 1000, places=2).map(float)
MIDNIGHT = datetime(2026, 1, 12, tzinfo=UTC)


def tree(markets):
    first, *others = markets
    return named_grid({first: {other: {} for other in others}})


def program(text, name):
    """The program of an imported file; whatever was imported checks without a word."""
    made = import_source(Source(name, text))
    assert () == made.findings
    files = {made.draft.file: text.encode()} if made.draft.file else {}
    compiled = compile_bytes("made.yaml", made.draft.text.encode(), files)
    assert () == compiled.findings, made.draft.text
    return compiled.program


def binding(text, name, markets):
    bound = bind(program(text, name), tree(markets))
    assert set() == {finding.code for finding in bound.findings} - {"RG507"}  # it has a root
    return bound.binding


@st.composite
def steps(draw):
    """A list of thresholds and fees, as a market has it."""
    rises = draw(st.lists(AMOUNTS.filter(bool), min_size=1, max_size=4))
    return [{THRESHOLD: round(up_to, 2), FEE: draw(AMOUNTS)} for up_to in accumulate(rises)]


def charged(of, flow):
    """What the SDK's strategy charges for a mean flow."""
    return next((step[FEE] for step in of if flow <= step[THRESHOLD]), 2000)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(MARKETS), min_size=1, unique=True), st.data())
def test_bands_charge_what_the_strategy_charges(markets, data):
    """The fee of the first threshold that the mean of four slots does not exceed."""
    strategy = {market: data.draw(steps()) for market in markets}
    bound = binding(json.dumps(strategy, ensure_ascii=False), "aziiz.json", markets)
    flow = data.draw(
        st.one_of(AMOUNTS, st.sampled_from([s[THRESHOLD] for s in strategy[markets[0]]]))
    )
    (cycle,) = fold(bound, [snapshot(bound.grid, import_=flow, export=0)])
    expected = {market: charged(strategy[market], flow) for market in markets}
    assert expected == pytest.approx(fees(cycle))


def test_the_moving_average_is_one():
    """10, 20, 30 and 40 kWh are 25 on average, and not the last of them four times."""
    text = json.dumps({"Grid": [{THRESHOLD: n, FEE: n} for n in (10, 15, 20, 25, 40)]})
    bound = binding(text, "aziiz.json", ["Grid"])
    slots = [
        snapshot(
            bound.grid, MarketSlot(MIDNIGHT + n * timedelta(minutes=15)), import_=0, export=kwh
        )
        for n, kwh in enumerate((10, 20, 30, 40))
    ]
    assert [10, 15, 20, 25] == [fees(cycle)["Grid"] for cycle in fold(bound, slots)]


def table(days, length, mark=";", point=","):
    lines = [mark.join(["Time", *('"' + d.replace('"', '""') + '"' for d in days), "", ""])]
    for slot in range(24 * 60 // length):
        time = f"{slot * length // 60:02}:{slot * length % 60:02}:00"
        cells = [f"{day[slot]:.2f}".replace(".", point) for day in days.values()]
        lines.append(mark.join([time, *cells, "", ""]))
    return "\r\n".join([*lines, ""])


@st.composite
def tables(draw):
    """Days of some markets: of few fees, or of many."""
    markets = draw(st.lists(st.sampled_from(MARKETS), min_size=1, max_size=4, unique=True))
    length = draw(st.sampled_from([15, 30, 60]))
    slots = 24 * 60 // length
    few = draw(st.booleans())
    days = {}
    for market in markets:
        if few:
            cuts = sorted(draw(st.lists(st.integers(0, slots), max_size=3)))
            own = draw(st.lists(AMOUNTS, min_size=len(cuts) + 1, max_size=len(cuts) + 1))
            days[market] = [own[sum(cut <= slot for cut in cuts)] for slot in range(slots)]
        else:
            days[market] = draw(st.lists(AMOUNTS, min_size=slots, max_size=slots))
    return length, days


@settings(max_examples=40, deadline=None)
@given(tables())
def test_a_table_charges_in_every_slot_what_its_row_says(drawn):
    """As windows or as the table itself, over all of a day."""
    length, days = drawn
    bound = binding(table(days, length), "ToU.csv", list(days))
    slots = [
        snapshot(bound.grid, MarketSlot(MIDNIGHT + (n - 1) * timedelta(minutes=length)))
        for n in range(24 * 60 // length)
    ]
    for number, cycle in enumerate(fold(bound, slots)):
        expected = [days[market][number] for market in bound.grid.names]
        assert column(expected).tolist() == pytest.approx(cycle.fee.tolist())


def test_few_fees_become_windows_and_many_stay_a_table():
    """A person reads three windows sooner than 96 rows."""
    few = {"Grid": [1.0] * 8 + [2.0] * 16, "Mill": [0.5] * 24}
    many = {"Grid": [hour / 10 for hour in range(24)]}
    of_few, of_many = (
        import_source(Source("a/ToU.csv", table(days, 60))).draft for days in (few, many)
    )
    assert ("", "ToU.csv") == (of_few.file, of_many.file)
    assert "hours:" in of_few.text
    assert "Mill: 0.5" in of_few.text
    assert "file: ToU.csv" in of_many.text


@pytest.mark.parametrize("name", ["<stdin>", "a\\b.csv", "a\u202eb.csv"])
def test_a_table_without_a_usable_name_gets_one(name):
    """The rulebook has to name it."""
    many = table({"Grid": [hour / 10 for hour in range(24)]}, 60)
    assert "tou.csv" == import_source(Source(name, many)).draft.file


@given(st.randoms(use_true_random=True), st.sampled_from(["json", "csv"]))
def test_a_file_with_slips_of_the_pen_is_imported_or_says_why_not(random, kind):
    """Never an exception, and whatever is imported checks."""
    text = table({"Grid": [1.0] * 12 + [2.0] * 12}, 60)
    if kind == "json":
        text = json.dumps({"Grid": [{THRESHOLD: 1, FEE: 2}, {THRESHOLD: 2.5, FEE: 3}]}, indent=2)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(text))
        some = random.choice(
            ["", ";", ",", '"', "\n", "0", "-", ".", ":", "é", "\t", "{", "[", "1e9"]
        )
        text = text[:at] + some + text[at + random.choice([0, 1, 1, 9]) :] or "x"
    made = import_source(Source("f", text))
    assert (made.draft is None) == bool(made.findings)
    if made.draft:
        files = {made.draft.file: text.encode()}
        assert compile_bytes("made.yaml", made.draft.text.encode(), files).program is not None
