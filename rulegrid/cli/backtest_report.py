"""`rulegrid backtest --report`: the page, from the files it is made of to the file it becomes."""

from collections.abc import Sequence
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

import click

from rulegrid.cli.backtest_views import EMBEDDED
from rulegrid.cli.explanation import as_text
from rulegrid.cli.loading import Loaded
from rulegrid.diagnostics import shown_path
from rulegrid.engine.explain import Explanation
from rulegrid.gateway.files import report_part, write_over
from rulegrid.gateway.histories import History
from rulegrid.gateway.histories.opening import CSV, PARQUET
from rulegrid.rehearsal.backtest import Backtest, Watching, backtest
from rulegrid.rehearsal.report import Closer, Parts, page, page_data

Page = dict[str, Any]

_ENDINGS = (".html", ".htm")


def ready(path: str) -> Parts:
    """What a page is made of, before anything is worked out for it.

    Raises `click.UsageError` where the name is no page's, where plotly is not installed, or where
    there is no such folder.
    """
    if not path.lower().endswith(_ENDINGS):
        raise click.UsageError(f"--report: the file's name ends in {' or '.join(_ENDINGS)}")
    if not Path(path).parent.is_dir():
        raise click.UsageError(f"--report: {path} cannot be written: there is no such folder")
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an extra
    except ImportError:
        raise click.UsageError("--report needs plotly: pip install 'rulegrid[report]'") from None
    licence = distribution("plotly").read_text("licenses/LICENSE.txt") or ""
    frame, style, script = (report_part(f"page.{kind}") for kind in ("html", "css", "js"))
    return Parts(frame, style, script, get_plotlyjs(), licence)


def page_of(loaded: Sequence[Loaded], history: History, found: Backtest, path: str) -> Page:
    """What a page shows of a backtest. The history is looked at once more, area by area.

    `path` is where the history is. Raises what `backtest` raises.
    """
    programs = [each.program for each in loaded]
    closer = Closer(found, programs[0].slot_length, _told)
    backtest(programs, history, Watching(closer.add))
    data = page_data(found, closer, programs, [each.source.name for each in loaded])
    data |= {
        "version": version("rulegrid"),
        "history": shown_path(path) or EMBEDDED,
        "explains": None if path.lower().endswith((*CSV, *PARQUET)) else path,
    }
    return data


def write_page(path: str, parts: Parts, data: Page) -> None:
    """Write a page as one file. Raises `click.UsageError` where it cannot be written."""
    names = ", ".join(rulebook["name"] for rulebook in data["rulebooks"])
    try:
        write_over(path, page(f"Backtest: {names}", data, parts))
    except OSError as error:
        raise click.UsageError(f"--report: {path} cannot be written: {error.strerror}") from None


def _told(explanation: Explanation) -> str:
    return as_text(explanation, colourful=False)
