"""Rulebook tests as JUnit XML, which most CI systems show."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rulegrid.cli.verdicts import failure_text, place_of
from rulegrid.diagnostics import Severity, render
from rulegrid.rehearsal.cases.rounds import Round, Tried
from rulegrid.rehearsal.cases.running import Outcome, Verdict


def as_junit(done: Round) -> str:
    """A `testsuite` a file; what cannot be read in a file is a test with an error."""
    top = Element("testsuites", name="rulegrid")
    for tried in done.files:
        _add_file(top, tried)
    for key in ("tests", "failures", "errors", "skipped"):
        top.set(key, str(sum(int(each.get(key, "0")) for each in top)))
    indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(top, encoding="unicode")


def _add_file(top: Element, tried: Tried) -> None:
    errors = [each for each in tried.file.findings if each.severity is Severity.ERROR]
    skipped = tried.count(Verdict.SKIPPED) + tried.count(Verdict.TODO)
    suite = SubElement(
        top,
        "testsuite",
        name=tried.file.source.name,
        tests=str(len(tried.outcomes) + len(errors)),
        failures=str(tried.count(Verdict.FAILED)),
        errors=str(len(errors)),
        skipped=str(skipped),
    )
    for finding in errors:
        test = SubElement(suite, "testcase", name=finding.code, classname=tried.file.source.name)
        error = SubElement(test, "error", message=_clean(finding.message))
        error.text = _clean(render(finding, tried.file.source))
    for outcome in tried.outcomes:
        _add_test(suite, tried, outcome)


def _add_test(suite: Element, tried: Tried, outcome: Outcome) -> None:
    case, source = outcome.case, tried.file.source
    line = str(source.position(case.span.start).line)
    test = SubElement(
        suite,
        "testcase",
        name=_clean(case.name),
        classname=source.name,
        file=source.name,
        line=line,
    )
    if outcome.verdict is Verdict.FAILED:
        failure = SubElement(test, "failure", message=_message(outcome))
        place = place_of(source, case.span)
        failure.text = _clean(f"{place}\n{failure_text(tried, outcome)}\n")
    elif outcome.verdict is not Verdict.PASSED:
        SubElement(test, "skipped", message=_clean(case.skip or f"to do: {case.todo}"))


def _message(outcome: Outcome) -> str:
    number = outcome.differing
    cells = f"{number} cell{'' if number == 1 else 's'} otherwise than expected"
    return cells if number else "passes now, in spite of its todo"


def _clean(text: str) -> str:
    """Text without the characters that XML does not have."""
    return "".join(
        each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}"
        for each in text
    )
