"""What waits to be received."""

from threading import Thread

from rulegrid.gateway.inbox import Inbox
from rulegrid.gateway.link import LinkChange

LOST, RESTORED = LinkChange.LOST, LinkChange.RESTORED


def emptied(inbox):
    return list(iter(lambda: inbox.get(0), None))


def test_messages_and_changes_keep_their_order():
    """What was heard before the loss is received before it."""
    inbox = Inbox()
    inbox.put(b"1")
    inbox.down("redis", "cut")
    inbox.up("redis")
    inbox.put(b"2")
    assert [b"1", LOST, RESTORED, b"2"] == emptied(inbox)
    assert inbox.get(0.01) is None


def test_a_connection_is_lost_with_the_first_part_and_restored_with_the_last():
    """Each is told once, however often a part says that it is broken or well."""
    inbox = Inbox()
    assert not inbox.up("calls")
    inbox.down("socket", "cut")
    inbox.down("calls", "HTTP 503")
    inbox.down("socket", "still cut")
    assert inbox.up("socket")
    assert "HTTP 503" == inbox.trouble
    assert inbox.is_down("calls")
    inbox.down("socket", "cut again")
    assert inbox.up("calls")
    assert [LOST] == emptied(inbox)
    assert "cut again" == inbox.trouble
    inbox.up("socket")
    assert ([RESTORED], "") == (emptied(inbox), inbox.trouble)


def test_the_oldest_messages_make_room():
    """Changes of the connection are never dropped."""
    inbox = Inbox(most_bytes=10)
    inbox.down("redis", "cut")
    for number in range(5):
        inbox.put(bytes([number]) * 4)
    assert [LOST, b"\3" * 4, b"\4" * 4] == emptied(inbox)
    assert 3 == inbox.dropped
    inbox.put(b"x" * 10)
    assert [b"x" * 10] == emptied(inbox)


def test_whoever_waits_is_woken_by_a_message_and_by_the_end():
    """Without a timeout, None means that nothing will come."""
    inbox, got = Inbox(), []
    waiting = Thread(target=lambda: got.extend(iter(lambda: inbox.get(None), None)))
    waiting.start()
    inbox.put(b"1")
    inbox.put(b"2")
    while len(got) < 2:
        waiting.join(0.001)
    inbox.close()
    waiting.join(5)
    assert [b"1", b"2"] == got
    assert inbox.get(None) is None
