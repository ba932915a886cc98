"""What the documentation gives authors to copy works with the commands there are."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import import_module

import click
import pytest
import yaml

from rulegrid.cli import COMMANDS
from tests.console import ROOT
from tests.markdown import blocks

DOCS = ROOT / "docs"
PAGES = ("ci.md", "editors.md")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
WORKFLOW, HOOKS_CONFIG = "workflow", "hooks"
CALL = re.compile(
    r"(?:^|`|\"command\": \"|run: )(rulegrid [a-z]+(?: [^`\"'|>\n]*)?)", re.MULTILINE
)


def examples(page, language):
    """The blocks of a language on a page."""
    return [each.text for each in blocks((DOCS / page).read_text()) if each.language == language]


def yml(kind):
    """The example workflow, or the example configuration of pre-commit."""
    (found,) = [
        each for each in examples("ci.md", "yml") if ("jobs:" in each) == (kind == WORKFLOW)
    ]
    return found


def taken(words):
    """Whether a command line is one that rulegrid takes: its command, its options, its choices."""
    name, *rest = words
    assert name in COMMANDS, name
    command = import_module(f"rulegrid.cli.{name}").command
    known = {opt: p for p in command.params if isinstance(p, click.Option) for opt in p.opts}
    for word, following in zip(rest, (*rest, "")[1:], strict=True):
        if word.startswith("-") and word != "-":
            assert word in known, word
            kind = known[word].type
            assert not isinstance(kind, click.Choice) or following in kind.choices, following
    return True


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_the_page_is_one_that_there_is(page):
    """With options and values that it takes."""
    called = [shlex.split(found[1])[1:] for found in CALL.finditer((DOCS / page).read_text())]
    assert len(called) > 3
    assert all(taken(words) for words in called)


def test_the_hooks_call_commands_that_there_are():
    """Each entry is a command line that rulegrid takes, and files are handed to it."""
    assert {"rulegrid-check", "rulegrid-fmt"} <= {hook["id"] for hook in HOOKS}
    for hook in HOOKS:
        program, *words = shlex.split(hook["entry"])
        assert "rulegrid" == program
        assert taken(words)
        assert re.search(hook["files"], "rules/flat.yaml")
        is_for_tests = not re.search(hook.get("exclude", "$^"), "rules/flat.test.yaml")
        assert is_for_tests == ("test" in words)


def test_the_example_of_pre_commit_names_hooks_that_there_are():
    """With arguments that they take."""
    entries = {hook["id"]: shlex.split(hook["entry"])[1:] for hook in HOOKS}
    (repository,) = yaml.safe_load(yml(HOOKS_CONFIG))["repos"]
    for hook in repository["hooks"]:
        assert taken([*entries[hook["id"]], *hook.get("args", ())])


def test_the_example_workflow_is_one_for_github(tmp_path):
    """It has the shape of a workflow, and every step of ours is a command that there is."""
    path = tmp_path / "rulebooks.yml"
    path.write_text(yml(WORKFLOW))
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.github-workflows", str(path)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == ran.returncode, ran.stdout
    (job,) = yaml.safe_load(yml(WORKFLOW))["jobs"].values()
    ours = [step["run"] for step in job["steps"] if step.get("run", "").startswith("rulegrid ")]
    assert {"--check", "github", "sarif"} <= {word for run in ours for word in run.split()}


def test_the_settings_for_editors_can_be_read():
    """JSON for VS Code and the schema store, TOML for Helix."""
    store = [json.loads(text) for text in examples("editors.md", "json")][-1]
    assert all({"name", "description", "fileMatch", "url"} == set(entry) for entry in store)
    (helix,) = (tomllib.loads(text) for text in examples("editors.md", "toml"))
    formatter = helix["language"][0]["formatter"]
    assert taken(formatter["args"])
    assert "rulegrid" == formatter["command"]


def test_the_problem_matcher_reads_what_check_prints():
    """VS Code shows a finding where it is, with its code and its text."""
    tasks = [json.loads(text) for text in examples("editors.md", "json")][1]["tasks"]
    pattern = tasks[0]["problemMatcher"]["pattern"]
    printed = (ROOT / "tests/golden/commands/check_github.out").read_text().splitlines()
    for line in printed:
        found = re.fullmatch(pattern["regexp"], line)
        assert found, line
        assert found[pattern["file"]] == "tests/golden/five_mistakes.yaml"
        assert found[pattern["code"]].startswith("RG")
        assert int(found[pattern["line"]]) <= int(found[pattern["endLine"]])
