"""The page of a backtest in a real browser: it draws what the numbers say, and reaches nobody."""

import json
import re
import socket
from contextlib import closing

import pytest

from tests.console import ROOT, rulegrid
from tests.rehearsal.report.pages import unpacked, written

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


@pytest.fixture(scope="module")
def listener():
    """A server on this machine that nobody should ever call."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.2)
        yield server


@pytest.fixture(scope="module")
def seen(chromium, tmp_path_factory):
    """The page of a short history."""
    return chromium.open(written(tmp_path_factory.mktemp("seen"), IMPORTS).page)


def test_the_page_tells_what_it_shows_and_why(seen):
    """Its heading, its axes with their units, and the explanation of the highest peak."""
    assert "By import" == seen.text("#heading")
    assert "Why 9 ct/kWh at 2026-01-12 13:00 UTC?" == seen.text("#why-heading")
    assert "import = 9 kWh" in seen.text("#why")
    titles = seen.value("[...document.querySelectorAll('text')].map((each) => each.textContent)")
    wanted = {"fee (ct/kWh)", "time (UTC)", "energy (kWh per slot)", "share of the time (%)"}
    assert wanted <= set(titles)


def test_the_curve_is_where_the_numbers_say(seen):
    """In each slot as high as its fee: twice the fee is twice as high above zero."""
    start, *steps = re.findall(r"(?:V|,)(-?[\d.]+)", seen.value(f"{CURVE}.getAttribute('d')"))
    heights = [float(start), *map(float, steps)]
    by_fee = dict(zip(IMPORTS, heights, strict=True))
    for fee, height in zip(IMPORTS, heights, strict=True):
        expected = by_fee[0] + fee / 9 * (by_fee[9] - by_fee[0])
        assert height == pytest.approx(expected, abs=0.02)


CURVE = "document.querySelectorAll('#time .scatterlayer .js-line')[1]"
"""The curve of the first rulebook; the one before it is what was recorded."""


def test_the_picture_shows_the_curve(seen):
    """In the middle of each slot there is the colour of the rulebook, as high as the fee is."""
    box = seen.value(f"(({{x, y, width, height}}) => [x, y, width, height])({CURVE}{BOX})")
    left, top, width, height = box
    pixels = seen.picture().load()
    for at, fee in enumerate(IMPORTS[:-1]):
        x = round(left + (at + 0.5) * width / (len(IMPORTS) - 1))
        y = round(top + height * (1 - fee / max(IMPORTS)))
        assert BLUE in {pixels[x, y + off] for off in (-2, -1, 0, 1, 2)}


BOX = ".getBoundingClientRect()"


def test_a_name_stays_a_name_and_nothing_leaves_the_page(chromium, tmp_path, listener):
    """Markup in a name is text, and what is put in by hand reaches nobody; on a dark page too."""
    port = listener.getsockname()[1]
    area, name = (HOSTILE.replace("{port}", str(port)).replace("{of}", of) for of in ("a", "n"))
    page = written(tmp_path, IMPORTS, area=area.replace("/", "|"), name=name).page
    text = page.read_text()
    assert 3 == text.count("</script>")
    assert "<b>bold" not in text
    beacon = BEACON.format(port=port, of="hand")
    script = f"<script>document.title='ran';fetch('http://127.0.0.1:{port}/')</script>"
    page.write_text(text.replace("</main>", f"{beacon}{script}</main>"))
    seen = chromium.open(page, dark=True)
    assert seen.picture().getpixel((4, 4)) == DARK_PAPER
    assert name == seen.text("#heading")
    assert area.replace("/", "|") == seen.text("#area-heading")
    assert f"Backtest: {name}" == seen.value("document.title")
    with pytest.raises(TimeoutError):
        listener.accept()


def test_the_data_of_a_page_is_what_is_expected(tmp_path, golden):
    """All numbers that a page shows, in the units of the documentation."""
    data = data_of(written(tmp_path, IMPORTS).page.read_text())
    assert data.pop("version")
    for area in data["areas"]:
        area["curves"] = unpacked(area["curves"])
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
