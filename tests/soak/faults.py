"""What goes wrong in a soak: each fault begins, lasts for some slots, and ends."""

from collections.abc import Callable, Mapping
from random import Random
from signal import SIGTERM
from time import sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.soak.trial import Trial

Fault = Callable[["Trial", Random], None]

GARBAGE = (b"", b"nonsense", b"{", b'{"event": "market", "grid_tree": 7}', b"[" * 10_000)


def _wait(trial: "Trial", dice: Random, slots: float = 3.0) -> None:
    sleep(dice.uniform(0.2, slots) * trial.slot)


def redis_killed(trial: "Trial", dice: Random) -> None:
    trial.stage.redis.kill()
    _wait(trial, dice)
    trial.stage.redis.start()


def redis_frozen(trial: "Trial", dice: Random) -> None:
    with trial.stage.redis.frozen():
        _wait(trial, dice)


def exchange_killed(trial: "Trial", dice: Random) -> None:
    trial.stage.sandbox.kill()
    _wait(trial, dice)
    trial.open_exchange()


def exchange_frozen(trial: "Trial", dice: Random) -> None:
    with trial.stage.sandbox.frozen():
        _wait(trial, dice)


def agent_frozen(trial: "Trial", dice: Random) -> None:
    with trial.agent.frozen():
        _wait(trial, dice)


def connections_reset(trial: "Trial", dice: Random) -> None:
    _wait(trial, dice, 1.0)
    trial.proxy.reset()


def connections_refused(trial: "Trial", dice: Random) -> None:
    trial.proxy.refuse()
    _wait(trial, dice)
    trial.proxy.accept()


def stalled(trial: "Trial", dice: Random) -> None:
    with trial.proxy.stalled():
        _wait(trial, dice)


def answers_swallowed(trial: "Trial", dice: Random) -> None:
    trial.proxy.swallow("to_client")
    _wait(trial, dice)
    _end_swallowing(trial)


def commands_swallowed(trial: "Trial", dice: Random) -> None:
    trial.proxy.swallow("to_server")
    _wait(trial, dice)
    _end_swallowing(trial)


def _end_swallowing(trial: "Trial") -> None:
    """A connection that has lost bytes cannot go on."""
    trial.proxy.swallow()
    trial.proxy.reset()


def slow(trial: "Trial", dice: Random) -> None:
    trial.proxy.delay(dice.uniform(0.1, 1.0) * trial.slot)
    _wait(trial, dice, 6.0)
    trial.proxy.delay(0)


def reply_lost(trial: "Trial", dice: Random) -> None:
    trial.proxy.break_off_after(b"grid_fees")
    _wait(trial, dice)
    trial.proxy.break_off_after(b"")


def garbage(trial: "Trial", dice: Random) -> None:
    for _ in range(20):
        trial.stage.say(dice.choice(GARBAGE))


def agent_killed(trial: "Trial", dice: Random) -> None:
    _wait(trial, dice, 1.0)
    trial.agent.kill()
    _wait(trial, dice, 1.0)
    trial.start_agent()


def agent_stopped(trial: "Trial", dice: Random) -> None:
    trial.agent.signal(SIGTERM)
    assert trial.agent.wait(2 * trial.stage.pace) == 0
    _wait(trial, dice, 1.0)
    trial.start_agent()


FAULTS: Mapping[str, Fault] = {
    fault.__name__.replace("_", " "): fault
    for fault in (
        redis_killed,
        redis_frozen,
        exchange_killed,
        exchange_frozen,
        agent_frozen,
        connections_reset,
        connections_refused,
        stalled,
        answers_swallowed,
        commands_swallowed,
        slow,
        reply_lost,
        garbage,
    )
}
KILLS: Mapping[str, Fault] = {"agent killed": agent_killed, "agent stopped": agent_stopped}
"""Faults that a process of an agent does not survive."""

RANDOM_KILLS: Mapping[str, Fault] = {
    name: fault
    for name, fault in {**FAULTS, **KILLS}.items()
    if fault in {redis_killed, exchange_killed, agent_killed}
}
"""One of the three processes is killed and started again."""
