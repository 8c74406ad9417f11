from datetime import datetime, timezone

import pytest

from keen_sandbox.errors import KeenError
from keen_sandbox.recording import read_batch, read_event
from keen_sandbox.rules import Dropped, Event, examine

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
NUMBERS = '{"price":1.10,"big":12345678901234567890.123456789,"small":1E-7}'


def _judge(collection: str, value: bytes) -> Event | Dropped:
    return examine(collection, value, NOW)


def _content(event: Event) -> str:
    return event.body.partition(',"keen":')[0]


def test_numbers_are_kept_digit_by_digit_as_they_were_written() -> None:
    assert _content(read_event("sales", NUMBERS.encode(), _judge)) == NUMBERS.rstrip("}")
    accepted, _ = read_batch(f'{{"sales": [{NUMBERS} ,\n{{"n":1}}]}}'.encode(), _judge)
    assert [_content(event) for event in accepted] == [NUMBERS.rstrip("}"), '{"n":1']


def test_an_event_that_breaks_a_rule_is_refused() -> None:
    with pytest.raises(KeenError) as caught:
        read_event("sales", b'{"a.b":1}', _judge)
    assert (caught.value.code, caught.value.status) == ("InvalidPropertyNameError", 400)


def test_a_batch_tells_of_each_event_what_became_of_it() -> None:
    batch = b'{"sales":[{"n":1},5,{"a":"\xff"},{"n":2}],"_x":[{}],"none":[]}'
    accepted, outcome = read_batch(batch, _judge)
    assert [each["success"] for each in outcome["sales"]] == [True, False, False, True]
    assert outcome["sales"][1]["error"] == {
        "name": "InvalidEventError",
        "description": "The event is not a JSON object: not one JSON object at character 0.",
    }
    assert outcome["sales"][2]["error"]["description"] == "The event is not UTF-8 at byte 6."
    assert outcome["_x"][0]["error"]["name"] == "InvalidCollectionNameError"
    assert outcome["none"] == []
    assert [(event.collection, _content(event)) for event in accepted] == [("sales", '{"n":1'), ("sales", '{"n":2')]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (b'{"a.b":1}', "InvalidPropertyNameError"),
        (b'{"a":"' + b"x" * 10_000 + b'"}', "InvalidPropertyValueError"),
        (b'{"keen":{"timestamp":"now"}}', "InvalidPropertyValueError"),
        (b'{"keen":{"addons":{}}}', "InvalidPropertyValueError"),
        (b'{"keen":5}', "NamespaceTypeError"),
        (b'{"keen":{"x":1}}', "InvalidKeenNamespaceProperty"),
        (b"[]", "InvalidEventError"),
    ],
)
def test_every_rule_has_its_code_alone_and_in_a_batch(event: bytes, code: str) -> None:
    with pytest.raises(KeenError) as caught:
        read_event("sales", event, _judge)
    accepted, outcome = read_batch(b'{"sales":[{},' + event + b"]}", _judge)
    assert len(accepted) == 1
    assert outcome["sales"][0] == {"success": True}
    assert outcome["sales"][1] == {"success": False, "error": {"name": code, "description": caught.value.message}}
    assert caught.value.code == code


def test_each_event_of_a_batch_may_have_900_000_bytes() -> None:
    longest = b'{"a":[' + b",".join([b'"' + b"x" * 8_988 + b'"'] * 100) + b"]}"
    fits, too_long = longest + b" " * (900_000 - len(longest)), longest + b" " * (900_001 - len(longest))
    read_event("sales", fits, _judge)
    with pytest.raises(KeenError, match="The event has 900001 bytes"):
        read_event("sales", too_long, _judge)
    inner, outer = longest[:-1] + b" " * (900_000 - len(longest)) + b"}", longest[:-1] + b" " * 900_000 + b"}"
    _, outcome = read_batch(b'{"sales":[' + inner + b"," + outer + b"]}", _judge)
    assert [each["success"] for each in outcome["sales"]] == [True, False]


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        (b"[]", "InvalidBatchError"),
        (b"5", "InvalidBatchError"),
        (b'{"sales":{}}', "InvalidBatchError"),
        (b'{"sales":null}', "InvalidBatchError"),
        (b"", "JsonRequiredError"),
        (b"{", "JsonRequiredError"),
        (b'{"sales":[{]}', "JsonRequiredError"),
        (b'{"\xff":[]}', "JsonRequiredError"),
        (b'{"sales":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "JsonRequiredError"),
    ],
)
def test_a_batch_is_a_json_object_of_lists(batch: bytes, code: str) -> None:
    with pytest.raises(KeenError) as caught:
        read_batch(batch, _judge)
    assert (caught.value.code, caught.value.status) == (code, 400)
