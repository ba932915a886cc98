"""A test file made of recorded slots passes, whatever the rulebook and the slots."""

from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st

from rulegrid.rehearsal.cases.reading import read_source
from rulegrid.rehearsal.cases.recording import written
from rulegrid.rehearsal.cases.running import Verdict, run
from rulegrid.rehearsal.cases.writing import NotRecordableError
from rulegrid.rulebook.compile import Compiled
from rulegrid.source import Source
from tests.laws.drawn import Drawn, drawn
from tests.laws.test_fold import binding_of, folded


@settings(max_examples=60, phases=[Phase.explicit, Phase.generate])
@given(drawn(), st.data())
def test_a_test_file_made_of_recorded_slots_passes(case: Drawn, data: st.DataObject):
    """As a table or as lists, with as much of the grid as its fees need."""
    cycles = folded(case, sent=True)
    grid = cycles[0].binding.grid
    places = st.sets(st.integers(0, len(grid) - 1), min_size=1)
    areas = sorted(data.draw(places))
    try:
        text = written("r.yaml", "as recorded", cycles, areas)
    except NotRecordableError:
        reject()
    program = binding_of(case).program
    known = {"r.yaml": Compiled(Source("r.yaml", ""), program, ())}
    file = read_source(Source("r.test.yaml", text), known)
    assert () == file.findings, text
    assert file.suite is not None
    (read,) = file.suite.cases
    outcome = run(read, file.suite.binding)
    assert Verdict.PASSED is outcome.verdict, (text, outcome.mismatches)
    assert len(areas) * len(cycles) == sum(len(each.rows) for each in read.expected)
    assert [each.slot for each in cycles] == list(read.measured.slots)
