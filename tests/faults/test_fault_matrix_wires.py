"""The fault matrix with wires: real processes, a real Redis, and a proxy that does harm."""

from time import monotonic

import pytest

from tests.faults.processes import until
from tests.faults.stage import FLAT, Stage

WIRES = pytest.mark.parametrize("web", [False, True], ids=["redis", "web"])


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def relinked(agent):
    """Wait until every lost link is restored."""
    until(lambda: len(agent.told("link lost")) <= len(agent.told("link restored")), "the link")


@WIRES
def test_row_01_connection_refused_or_reset(stage, web):
    """Connected anew within the current pause after the path is back; newest slot only."""
    stage.open()
    proxy = stage.proxy(web=web)
    agent = stage.agent(FLAT, port=proxy.port, web=web)
    agent.has_concluded(3)
    proxy.refuse()
    until(lambda: agent.told("link lost"), "the loss")
    stage.goes_on(3)
    before, begin = proxy.accepted, monotonic()
    proxy.accept()
    until(lambda: proxy.accepted > before, "a connection")
    assert monotonic() - begin < 0.1 + 0.5, "a tenth of a second at these slots, and some margin"
    relinked(agent)
    stage.heals()
    proxy.reset()
    relinked(agent)
    stage.heals()
    assert 3 <= len(agent.slots("missed"))
    stage.holds_the_laws()
