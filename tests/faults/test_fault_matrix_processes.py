"""The fault matrix with processes: they are killed, signalled, and their disk or log fails."""

import json
import signal
from itertools import cycle, product
from random import Random
from time import monotonic

import pytest

from rulegrid.gateway.journal import verify
from tests.faults.processes import until
from tests.faults.stage import ASKS, FLAT, REMEMBERS, Stage

KILLS = [
    *product(("before fsync", "after fsync"), (4, 5, 6, 7, 9, 11)),
    *product(("before send", "after send"), (1, 2, 3, 4)),
]


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def journalled(stage):
    """The records of the journal, torn ones left out."""
    lines = (stage.folder / "journal.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines]


def test_row_14_killed_between_intent_send_answer_and_confirmation(stage):
    """The journal explains all, nothing old is sent again, and fees are as without the kills.

    Twenty agents are killed at twenty points, each going on where the one before was killed.
    """
    stage.open("--loop")
    for point, number in KILLS:
        agent = stage.agent(REMEMBERS, harm=f"{point}:{number}")
        assert -signal.SIGKILL == agent.wait(), (point, number, agent.errors)
    last = stage.agent(REMEMBERS)
    stage.heals(5)
    last.has_concluded(12)
    stage.holds_the_laws()
    assert "" == verify(stage.folder / "journal.jsonl").fault
    _is_explained(stage)
    _is_as_without_kills(stage)


def _is_explained(stage):
    """Every batch on the wire has its intent, and each was sent while its slot was the newest."""
    intents = {r["transaction"]: r for r in journalled(stage) if r["kind"] == "intent"}
    sent = [intents[transaction] for transaction, _ in stage.tap.heard.batches]
    assert sorted(r["slot"] for r in sent) == [r["slot"] for r in sent]
    for intent, (_, fees) in zip(sent, stage.tap.heard.batches, strict=True):
        assert fees.items() <= intent["fees"].items()


def _is_as_without_kills(stage):
    """Where all four slots of the window were seen, the fees are the means of what was traded."""
    heard = stage.tap.heard.volumes
    decided = {r["slot"]: r["fees"] for r in journalled(stage) if r["kind"] == "intent"}
    order, compared = sorted(heard), 0
    for window in zip(*(order[place:] for place in range(4)), strict=False):
        if decided.keys() >= set(window):
            for area, fee in decided[window[-1]].items():
                mean = sum(heard[slot][area] for slot in window) / 4
                assert fee == pytest.approx(mean, abs=0.000501), (window[-1], area)
            compared += 1
    assert compared >= 8


@pytest.mark.parametrize("on_error", ["hold", "continue"])
def test_row_15_a_disk_that_is_full_for_a_while(stage, on_error):
    """Hold or go on, as configured, with an alarm; later all is written again."""
    stage.open()
    agent = stage.agent(FLAT, "--on-journal-error", on_error, harm="full:10-15")
    until(lambda: agent.told("the journal can be written again"), "the end of the fault")
    stage.heals()
    alarms = agent.told("No space left on device")
    assert alarms
    held = agent.slots("held")
    assert bool(held) == (on_error == "hold")
    stage.holds_the_laws()
    assert "" == verify(stage.folder / "journal.jsonl").fault


def test_row_15_a_journal_that_cannot_be_begun(stage):
    """A run that could not tell what it did does not begin: exit 6 and one line."""
    stage.open()
    agent = stage.agent(FLAT, "--journal", "/proc/no/such/journal")
    assert 6 == agent.wait()
    (line,) = agent.errors
    assert "the journal" in line
    assert [] == stage.tap.heard.batches


def test_row_15_a_torn_record_is_set_aside(stage):
    """Half a record at the end of the journal is found, kept in a file of its own, and told."""
    stage.open()
    agent = stage.agent(FLAT)
    agent.has_concluded(2)
    agent.kill()
    journal = stage.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-100])
    after = stage.agent(FLAT)
    stage.heals()
    assert after.told("half a record")
    assert "" == verify(journal).fault


def test_row_16_a_journal_altered_cut_or_reordered(stage):
    """The hash chain names the first bad record, wherever it was touched."""
    journal = stage.folder / "journal.jsonl"
    stage.rehearsed(FLAT, "--journal", str(journal), "--slots", "8")
    lines = journal.read_bytes().splitlines(keepends=True)
    assert 20 < len(lines) == verify(journal).records
    dice = Random(16)  # noqa: S311 - dice, no secret
    for _ in range(60):
        touched, number = _touched(dice, lines)
        journal.write_bytes(b"".join(touched))
        assert f":{number + 1}: record {number + 1}: " in verify(journal).fault
    journal.write_bytes(b"".join(lines))
    assert "" == verify(journal).fault


def _touched(dice, lines):
    """The records after something was done to them, and the first place where it can be seen."""
    number = dice.randrange(len(lines) - 1)
    line, after = lines[number], lines[number + 1]
    match dice.choice(["flip", "cut", "swap"]):
        case "flip":
            at, bit = dice.randrange(len(line) - 1), 1 << dice.randrange(8)
            flipped = line[:at] + bytes([line[at] ^ bit]) + line[at + 1 :]
            return [*lines[:number], flipped, *lines[number + 1 :]], number
        case "cut":
            return [*lines[:number], *lines[number + 1 :]], number
    return [*lines[:number], after, line, *lines[number + 2 :]], number


def test_row_20_a_log_that_nobody_reads(stage):
    """The queue is bounded: what does not fit is dropped and counted, and no slot waits for it."""
    stage.open()
    agent = stage.agent(FLAT, harm="log")
    agent.has_concluded(2)
    for _ in range(300):
        stage.say(b"garbage that is worth a line of the log")
    before = len(agent.slots("sent"))
    stage.goes_on(4)
    until(lambda: len(agent.slots("sent")) >= before + 2, "slots in spite of it")
    agent.signal(signal.SIGTERM)
    assert 0 == agent.wait(2 * stage.pace)


def test_row_22_signals_in_any_phase(stage):
    """Out within two seconds, with exit code 0: the batch is finished or cancelled."""
    nobody = stage.another_redis()
    agents = {
        "no Redis": stage.agent(ASKS, port=1),
        "no exchange": stage.agent(ASKS, port=nobody.port),
    }
    stage.open()
    for phase in ("connected", "statistics", "link lost", "SIGTERM", "SIGINT", "SIGHUP"):
        proxy = stage.proxy()
        agents[phase] = stage.agent(ASKS, "--journal", f"{phase}.jsonl", port=proxy.port)
        if phase == "statistics":
            agents[phase].has_concluded(1)
            proxy.swallow("to_server")
        if phase == "link lost":
            agents[phase].has_concluded(1)
            proxy.refuse()
    agents["SIGHUP"].has_concluded(1)
    numbers = cycle([signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
    for (phase, agent), other in zip(agents.items(), numbers, strict=False):
        assert agent.is_running, (phase, agent.errors[-3:])
        agent.signal(getattr(signal, phase, other))
    begin = monotonic()
    for phase, agent in agents.items():
        assert 0 == agent.wait(2 * stage.pace), (phase, agent.errors[-3:])
    assert monotonic() - begin < 2 * stage.pace
