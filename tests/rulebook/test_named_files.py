"""Which files a rulebook names, and which of them are read."""

import pytest

from rulegrid.rulebook.compile import open_source
from rulegrid.rulebook.named_files import MOST_FILES, refused
from rulegrid.source import Source
from tests.building import compiled

TABLE = ("Time;Grid\n" + "".join(f"{hour:02}:00;0.5\n" for hour in range(24))).encode()


def book(*files, unit="ct/kWh"):
    calendars = [f"  t{n}: {{file: {file}, unit: {unit}}}\n" for n, file in enumerate(files)]
    total = " + ".join(f"t{n}" for n in range(len(files)))
    head = "timezone: UTC\nslot_length: 1 h\ncalendars:\n"
    tail = f"areas: {{Grid: {total}}}\nlimits: {{decimals: 3, max: 900}}\n"
    return f"{head}{''.join(calendars)}{tail}"


def named(text):
    return open_source(Source("a.yaml", f"rulegrid: 1\nname: x\n{text}")).files


def told(text, files):
    return [(each.code, each.message) for each in compiled(text, files).findings]


REFUSED = ["", " ", ".", "a/", "a/.", "/etc/x.csv", "../x.csv", "a/../x.csv", "..", "C:/x", "a\\x"]
TAKEN = ["x.csv", "a/b/x.csv", "-", "...csv", "a..b.csv", "with blanks.csv", "ü.csv", "x"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_leads_out_or_names_no_file_is_refused_unread(name):
    """Whatever lies there: absolute, upwards, on a drive, or a folder."""
    assert refused(name) is not None
    assert () == named(book(f"'{name}'"))
    assert ["RG601"] == [code for code, _ in told(book(f"'{name}'"), {name: TABLE})]


@pytest.mark.parametrize("name", TAKEN)
def test_any_other_name_is_taken(name):
    """As file systems have them."""
    assert refused(name) is None
    assert (name,) == named(book(f'"{name}"'))


def test_each_file_is_named_once_and_only_so_many():
    """A rulebook must not have a folder of a million files read."""
    assert ("a.csv", "b.csv") == named(book("a.csv", "b.csv", "a.csv"))
    many = [f"{n}.csv" for n in range(MOST_FILES + 1)]
    assert MOST_FILES == len(named(book(*many)))
    text = book(*many).replace(" + ".join(f"t{n}" for n in range(len(many))), "t0")
    read = dict.fromkeys(named(text), TABLE)
    found = [message for code, message in told(text, read) if code == "RG601"]
    assert ["a rulebook names at most 100 files"] == found


@pytest.mark.parametrize(
    "text", ["calendars: x", "calendars: {a: 1}", "calendars: {a: {file: 1}}"]
)
def test_a_calendar_of_the_wrong_shape_names_no_file(text):
    """That is told elsewhere."""
    assert () == named(text)


def test_a_mistake_in_a_table_that_is_read_twice_is_told_once():
    """Once for each unit at most; and each calendar is known by its name all the same."""
    wrong = TABLE.replace(b"05:00;0.5", b"05:00;x")
    assert [("RG604", "`x` is no number")] == told(book("a.csv", "a.csv"), {"a.csv": wrong})


def test_amounts_that_are_no_fees_may_be_below_0():
    """The unit of the calendar says what is in its table."""
    files = {"a.csv": TABLE.replace(b"05:00;0.5", b"05:00;-0.5")}
    text = "timezone: UTC\nslot_length: 1 h\ncalendars: {t0: {file: a.csv, unit: kWh}}\n"
    text += "areas: {Grid: 2 if import > t0 else 1}\nlimits: {max: 9}\n"
    assert [] == told(text, files)
    assert ["RG604"] == [code for code, _ in told(text.replace("kWh}", "EUR/MWh}"), files)][:1]


def test_a_table_too_large_is_refused_as_a_whole():
    """Two MiB, as for a rulebook."""
    (found,) = told(book("a.csv"), {"a.csv": b"x" * (2 * 1024 * 1024 + 1)})
    assert "RG008" == found[0]
