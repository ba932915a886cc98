"""Servers that are there for the tests of this folder."""

import pytest

from tests.gateway.exchanges import RedisServer


@pytest.fixture(scope="module")
def shared_redis():
    """A Redis for a whole module; nobody harms it."""
    server = RedisServer()
    yield server
    server.kill()


@pytest.fixture
def redis_server():
    """A Redis of one's own, to do with as one likes."""
    server = RedisServer()
    yield server
    server.kill()
