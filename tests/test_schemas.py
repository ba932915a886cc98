"""What an editor says of a file is what rulegrid says, as far as a JSON Schema can know.

The editor's part is played by check-jsonschema, which reads YAML 1.2 with a library of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rulegrid.gateway.files import schema
from rulegrid.rulebook import structure
from rulegrid.rulebook.document import decode, load
from tests.console import ROOT, RULEBOOK_TESTS, RULES, rulegrid

GOLDEN = ROOT / "tests" / "golden"
ERR = sorted(path for path in (GOLDEN / "err").glob("*.yaml") if path.is_file())
GOOD = sorted(
    (
        *RULES,
        *(ROOT / "rulegrid" / "templates").glob("*.yaml"),
        *(GOLDEN / "ok").glob("*.yaml"),
    )
)
GOOD_TESTS = [*sorted((GOLDEN / "test_files" / "ok").glob("*.yaml")), *RULEBOOK_TESTS]
BAD_TESTS = sorted((GOLDEN / "test_files" / "err").glob("*.yaml"))

ORDER = {"RG206", "RG208"}
"""What no JSON Schema can say, or says in another way: which key is first, a newer version."""


def name(path: Path) -> str:
    return path.stem


def refused(schema_name: str, paths: list[Path]) -> set[Path]:
    """The files that check-jsonschema does not take."""
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema", "--output-format", "json"),
            *("--schemafile", str(ROOT / "schemas" / f"{schema_name}.schema.json")),
            *map(str, paths),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in {0, 1}, ran.stderr
    told = json.loads(ran.stdout)
    wrong = [*told["errors"], *told.get("parse_errors", [])]
    return {Path(each["filename"]) for each in wrong}


def shape_findings(path: Path) -> tuple[str, ...] | None:
    """The codes of what rulegrid finds about a file's shape; None where it is no YAML for it."""
    source, findings = decode(path.name, path.read_bytes())
    document, more = (None, ()) if findings else load(source)
    if document is None or more:
        return None
    return tuple(each.code for each in structure.findings(document, schema("rulebook")))


def test_a_good_rulebook_is_good_in_an_editor():
    """All of rules/, the templates, and every rulebook without a finding."""
    assert set() == refused("rulebook", GOOD)


def test_a_rulebook_of_the_wrong_shape_is_wrong_in_an_editor():
    """Of all that have a finding, those that are of the wrong shape, and no others."""
    shapes = {path: shape_findings(path) for path in ERR}
    readable = {path: codes for path, codes in shapes.items() if codes is not None}
    decided = {path: codes for path, codes in readable.items() if not set(codes) & ORDER}
    wrong = {path for path, codes in decided.items() if codes}
    assert 10 < len(wrong) < len(decided)
    assert wrong == refused("rulebook", sorted(decided))


def test_a_good_test_file_is_good_and_a_bad_one_is_not():
    """One mistake a file, each of another kind."""
    assert set(BAD_TESTS) == refused("test", [*GOOD_TESTS, *BAD_TESTS])


@pytest.mark.parametrize("path", BAD_TESTS, ids=name)
def test_a_bad_test_file_has_one_mistake(path):
    """So that each shows that the schema knows it."""
    document, _ = load(decode(path.name, path.read_bytes())[0])
    validator = Draft202012Validator(schema("test"))
    assert 1 == len(list(validator.iter_errors(document.data)))


@pytest.mark.parametrize("schema_name", ["rulebook", "test", "journal"])
def test_a_schema_is_printed_as_it_is(schema_name):
    """`rulegrid schema NAME > FILE` is what an editor is given."""
    printed = rulegrid("schema", schema_name).out
    assert (ROOT / "schemas" / f"{schema_name}.schema.json").read_text() == printed
    Draft202012Validator.check_schema(json.loads(printed))


@pytest.mark.parametrize("schema_name", ["rulebook", "test"])
def test_an_editor_can_explain_every_key(schema_name):
    """Each has a description in plain words and an example that fits."""
    whole = schema(schema_name)
    definitions = whole["$defs"]
    for path, part in parts(whole):
        if len(path) < 2 or path[-2] != "properties":
            continue
        own = {**definitions[part["$ref"].rpartition("/")[2]], **part} if "$ref" in part else part
        assert own["description"].endswith("."), path
        assert own["examples"], path
        for example in own["examples"]:
            validator = Draft202012Validator({**own, "$defs": definitions})
            assert [] == list(validator.iter_errors(example)), path


def parts(whole, path=()):
    yield path, whole
    for key, part in whole.items():
        if isinstance(part, dict) and key not in {"examples", "defaultSnippets"}:
            yield from parts(part, (*path, key))
