"""The words for a web server, and answers of it that may be anything."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.exchange.messages import FeeBatch, Rails, web
from rulegrid.grid import AreaId

READERS = (web.read_token, web.read_aggregators, web.read_created, web.read_registry)
ROOT = {"name": "Grid", "uuid": "g", "type": "Area", "registered": True}


def token(**claims):
    packed = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{packed}.signature"


def test_calls_go_where_the_exchange_has_them():
    """Slashes at the end are part of it; a uuid that holds some is quoted."""
    paths = web.Paths("5")
    assert "/external-connection/aggregator-api/5/batch-commands/" == paths.batch_commands
    assert "/external-connection/aggregator-api/5/list-aggregators/" == paths.list_aggregators
    assert "/external-connection/configurations/5/registry" == paths.registry
    assert "/5/aggregator/a/" == paths.websocket("a")
    assert "/..%2F5/aggregator/a%2Fb%3F/" == web.Paths("../5").websocket("a/b?")


def test_a_batch_loses_its_type_and_nothing_else():
    """The address of the call tells the type."""
    batch = FeeBatch({AreaId("g"): 2.5, AreaId("h"): 3.0}, Rails()).encode("A", "T")
    whole = json.loads(batch)
    assert "BATCHED" == whole.pop("type")
    assert whole == json.loads(web.batch(batch))
    assert b'"fee_const":3}' in web.batch(batch), "numbers stay as they are written"


@pytest.mark.parametrize(
    ("text", "lifetime"),
    [
        (token(exp=200, iat=100.5), (100.5, 200)),
        (token(exp=200, user="x"), (None, 200)),
        (token(iat=100), None),
        (token(exp="never"), None),
        ("opaque", None),
        ("a.b.c", None),
        ("a.ü.c", None),
        ("", None),
    ],
)
def test_a_token_tells_how_long_it_holds(text, lifetime):
    """If it is a JWT that says so; any other token is fine, too."""
    assert lifetime == web.token_lifetime(text)


@pytest.mark.parametrize("access", ["", "two words", "line\nbreak", "Ünicode", None, 7])
def test_a_token_that_fits_no_header_is_none(access):
    """It would break the call, or tell others what they should not know."""
    with pytest.raises(web.WebRefusalError):
        web.read_token(json.dumps({"access": access}).encode())


def test_the_registry_tells_markets_and_their_owners():
    """Assets are left out, whatever their type; so are claims on them."""
    house = {"name": "House", "uuid": "h", "aggregator_name": "dso", "children": [{"uuid": "l"}]}
    street = {"name": "Street", "uuid": "s", "type": "Area", "aggregator_name": None}
    load = {"name": "Load", "uuid": "x", "type": "Load", "aggregator_name": "other"}
    said = json.dumps({**ROOT, "children": [house, street, load]}).encode()
    registry = web.read_registry(said)
    assert {"g": "Grid", "h": "House", "s": "Street"} == registry.names
    assert ["g", "h", "s"] == list(registry.names)
    assert {"h": "dso"} == registry.owners


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (
            b'{"event":"selected_by_device","device_uuid":"g"}',
            web.SelectionTold(AreaId("g"), is_ours=True),
        ),
        (
            b'{"device_uuid": "g", "event": "unselected_by_device", "more": 1}',
            web.SelectionTold(AreaId("g"), is_ours=False),
        ),
        (b'{"event":"selected_by_device"}', None),
        (b'{"event":"selected_by_device","device_uuid":null}', None),
        (b'{"event":"market","name":"selected_by_device"}', None),
        (b"selected_by_device", None),
        (b'{"event":"selected_by_device","device_uuid":"g"}' + b" " * 2000, None),
    ],
)
def test_selections_are_told_by_events(payload, told):
    """Any other message is none, and a large one is not even looked into."""
    assert told == web.read_selection(payload)


def test_the_owner_is_found_in_a_refusal():
    """Wherever the server puts it; a refusal without one is nobody's."""
    said = b'{"detail": ["Device already have selected 12ab-34"]}'
    assert ["12ab-34", "", ""] == [web.read_owner(each) for each in (said, b"{}", b"\xff")]


def test_a_market_event_is_known_without_reading_it():
    """In both dialects; neither answers nor other events look like one."""
    market = b'{"slot_completion":"0%","market_slot":"2021-07-01T00:15","grid_tree":{}}'
    assert web.is_market_event(market)
    assert web.is_market_event(b'{"event":"market","content":[{"grid_stats_tree":{}}]}')
    assert not web.is_market_event(b'{"event":"finish"}')
    assert not web.is_market_event(b'{"command":"batch_commands","responses":{}}')


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_answer_is_read_or_refused(payload):
    """By every reader, and never with another error."""
    for read in READERS:
        try:
            read(payload)
        except web.WebRefusalError:
            continue
    web.read_selection(payload)
    web.read_owner(payload)
    web.token_lifetime(payload.decode(errors="replace"))


@pytest.mark.parametrize("payload", [b"", b"[" * 100_000, b"null", b'{"uuid": 7}', b"\xff"])
@pytest.mark.parametrize("read", READERS)
def test_what_is_no_answer_is_refused(read, payload):
    """Deep JSON, too."""
    with pytest.raises(web.WebRefusalError):
        read(payload)
