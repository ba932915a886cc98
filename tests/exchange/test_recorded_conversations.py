"""Our exchange beside the real one: the recorded commands, and every answer and fee compared."""

import pytest

from tests.exchange.played import Played, recorded

PAUSED = {"/resume", "/response/resume"}
"""Channels of the simulation's own controls, which are no part of the conversation."""

CASES = sorted({line["case"] for line in recorded("crash_cases")} - {"register_no_transaction_id"})
"""The case left out holds only what came after the start."""

KILLS = {
    "batch_is_list": "`batch_commands` is not an object",
    "cmd_not_list": "are not a list of objects",
    "cmd_null": "are not a list of objects",
    "data_list": "`data` of `grid_fees` is missing or not an object",
    "fee_list": "a fee that is no number: [1]",
    "fee_string": 'a fee that is no number: "3.5"',
    "no_data_key": "`data` of `grid_fees` is missing or not an object",
    "stats_no_data_key": "`data` of `dso_market_stats` is missing or not an object",
}
DEAFENS = {
    "aggregator_commands_bad": "no `type`",
    "no_batch_commands": "no `batch_commands`",
    "no_transaction_id": "no `transaction_id`",
    "not_json": "not JSON",
}


def played(name: str, case: str = "") -> Played:
    return Played([line for line in recorded(name, case) if line["channel"] not in PAUSED])


def test_time_of_use_is_reproduced_to_the_last_number():
    """Fees sent with statistics in one batch: every answer and fee in force is the same."""
    conversation = played("time_of_use")
    assert [] == conversation.differences
    assert (17, 21) == (conversation.events, conversation.answers)
    assert [] == conversation.unasked


def test_right_and_wrong_commands_get_the_recorded_answers():
    """Every answer to some 45 right and wrong commands is the same; one batch was executed late.

    The real exchange answered the fee 1.5 2 ms before the event of 03:45, so it missed that slot,
    and by the next it was overwritten with 1.6.
    """
    conversation = played("errors")
    assert (78, 49) == (conversation.events, conversation.answers)
    assert [] == conversation.unasked
    late = [
        (d.slot[-5:], d.path.rpartition("/")[2], d.ours, d.recorded)
        for d in conversation.differences
    ]
    assert late[::2] == [
        ("03:45", "current_market_fee", 1.5, 1e-12),
        ("04:00", "last_market_fee", 1.5, 1e-12),
    ]
    assert late[::2] == late[1::2], "the event of the other aggregator"


def test_fees_sent_within_a_slot_apply_to_the_next():
    """Fees sent at 0 to 90 % of a slot show in the next event; the one at 97 % was late."""
    conversation = played("timing")
    assert [(d.slot[-5:], d.ours, d.recorded) for d in conversation.differences] == [
        ("02:00", 7, 6),
        ("02:15", 7.0, 6.0),
    ]


@pytest.mark.parametrize("case", CASES)
def test_what_ends_a_real_exchange_only_gets_noted(case):
    """Until its end each run is the same; what ended it has no answer and is remembered."""
    conversation = played("crash_cases", case)
    assert [] == conversation.differences
    told = " ".join(conversation.exchange.mishaps)
    if case in KILLS:
        assert KILLS[case] in told
        assert "dies" in told
        assert [] == conversation.unasked
    elif case in DEAFENS:
        assert DEAFENS[case] in told
        assert "deaf" in told
        assert 1 == len(conversation.unasked), "the next batch, which a deaf exchange did not hear"
    else:
        assert "" == told
