"""The page of a backtest in a real browser: it draws what the numbers say, and reaches nobody."""

import json
import re
import socket
from contextlib import closing
from html import unescape

import pytest

from tests.console import ROOT, rulegrid
from tests.rehearsal.report.browser import look_at

RULEBOOK = """
rulegrid: 1
name: '{name}'
fee_unit: ct/kWh
areas:
  "*": {{fee: import * 1 ct/kWh / 1 kWh}}
limits: {{max: 30, decimals: 1}}
"""
BEACON = "<img src=http://127.0.0.1:{port}/{of}>"
HOSTILE = "</script><b>bold</b><script>document.title = 1</script>{{data}}" + BEACON
IMPORTS = (1, 1, 2, 9, 4, 4, 3, 0)
BLUE = (0x00, 0x67, 0xA8)
"""The colour of the first rulebook's curve on a light page."""
DARK_PAPER = (0x12, 0x16, 0x1C)


def data_of(page):
    """The data that a page holds."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


def written(folder, area="Grid", name="By import", *more):
    """A page of a short history with one area below another."""
    lines = [
        f'2026-01-12T{12 + n // 4}:{n % 4 * 15:02},"{path}",{energy},0,{energy},2'
        for n, energy in enumerate(IMPORTS)
        for path in (area, f"{area}/House")
    ]
    history, book, page = folder / "h.csv", folder / "r.yaml", folder / "page.html"
    history.write_text("\n".join(["slot,area,import,export,volume,last_fee", *lines]) + "\n")
    book.write_text(RULEBOOK.format(name=name))
    ran = rulegrid(
        "backtest", "r.yaml", *more, "--data", "h.csv", "--report", "page.html", folder=folder
    )
    assert 0 == ran.code, ran.err
    return page


@pytest.fixture(scope="module")
def listener():
    """A server on this machine that nobody should ever call."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.2)
        yield server


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """The page of the short history, in a browser."""
    return look_at(written(tmp_path_factory.mktemp("seen")))


def test_the_page_tells_what_it_shows_and_why(seen):
    """Its heading, its axes with their units, and the explanation of the highest peak."""
    assert '<h1 id="heading">By import</h1>' in seen.document
    assert "Why 9 ct/kWh at 2026-01-12 13:00 UTC?" in seen.document
    assert "import = 9 kWh" in unescape(seen.part('<pre id="why">', "</pre>"))
    for title in ("fee (ct/kWh)", "time (UTC)", "energy (kWh per slot)", "share of the time (%)"):
        assert f">{title}</text>" in seen.document


def test_the_curve_is_where_the_numbers_say(seen):
    """In each slot as high as its fee: twice the fee is twice as high above zero."""
    heights = levels(curves(seen)[1])
    by_fee = dict(zip(IMPORTS, heights, strict=True))
    for fee, height in zip(IMPORTS, heights, strict=True):
        expected = by_fee[0] + fee / 9 * (by_fee[9] - by_fee[0])
        assert height == pytest.approx(expected, abs=0.02)


def test_the_picture_shows_the_curve(seen):
    """In the colour of the rulebook, from its lowest fee to its highest."""
    heights = levels(curves(seen)[1])
    pixels = seen.picture.load()
    rows = [
        y
        for y in range(600, seen.picture.height)
        if any(pixels[x, y] == BLUE for x in range(150, 1150))
    ]
    assert max(rows) - min(rows) > max(heights) - min(heights) - 4


def curves(seen):
    """The curves over time: as recorded, by the rulebook, energies."""
    return re.findall(r'class="js-line" d="M([^"]+)"', seen.part('id="time"', 'id="time-note"'))


def levels(path):
    """The heights of a curve of steps, one for each slot: `M x,y H x V y H x V y`."""
    start, *steps = re.findall(r"(?:V|,)(-?[\d.]+)", path)
    return [float(start), *map(float, steps)]


def test_a_name_stays_a_name_and_nothing_leaves_the_page(tmp_path, listener):
    """Markup in a name is text, and what is put in by hand reaches nobody; on a dark page too."""
    port = listener.getsockname()[1]
    area, name = (HOSTILE.replace("{port}", str(port)).replace("{of}", of) for of in ("a", "n"))
    page = written(tmp_path, area.replace("/", "|"), name)
    text = page.read_text()
    assert 3 == text.count("</script>")
    assert "<b>bold" not in text
    beacon = BEACON.format(port=port, of="hand")
    script = f"<script>document.title='ran';fetch('http://127.0.0.1:{port}/')</script>"
    page.write_text(text.replace("</main>", f"{beacon}{script}</main>"))
    seen = look_at(page, dark=True)
    assert seen.picture.getpixel((4, 4)) == DARK_PAPER
    assert name == unescape(seen.part('<h1 id="heading">', "</h1>"))
    assert area.replace("/", "|") == unescape(seen.part('<h2 id="area-heading">', "</h2>"))
    assert f"<title>Backtest: {name}" == unescape(
        seen.document[seen.document.index("<title>") :].partition("</title>")[0]
    )
    with pytest.raises(TimeoutError):
        listener.accept()


def test_the_data_of_a_page_is_what_is_expected(tmp_path, golden):
    """All numbers that a page shows, in the units of the documentation."""
    data = data_of(written(tmp_path).read_text())
    assert data.pop("version")
    shown = json.dumps(data, indent=1, ensure_ascii=False)
    shown = re.sub(r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()), shown)
    golden(ROOT / "tests" / "golden" / "report.json", f"{shown}\n")


@pytest.mark.parametrize(
    ("path", "told"), [("page.txt", "ends in .html"), ("no/page.html", "no such folder")]
)
def test_a_page_that_cannot_be_written_is_told_before_anything_is_worked_out(path, told):
    """The name of the file comes first."""
    ran = rulegrid("backtest", "rules/flat.yaml", "--report", path)
    assert 2 == ran.code
    assert told in ran.err
