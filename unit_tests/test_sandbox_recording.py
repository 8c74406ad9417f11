from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from keen_sandbox.errors import KeenError
from keen_sandbox.recording import record_batch, record_event
from keen_sandbox.store import Store

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
NUMBERS = '{"price":1.10,"big":12345678901234567890.123456789,"small":1E-7}'


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(None)
    yield store
    store.close()


def _bodies(store: Store) -> list[str]:
    return [body.partition(',"keen":')[0] for (body,) in store.select("SELECT body FROM events ORDER BY rowid")]


def test_numbers_are_stored_digit_by_digit_as_they_were_written(store: Store) -> None:
    record_event(store, "sales", NUMBERS.encode(), NOW)
    record_batch(store, f'{{"sales": [{NUMBERS} ,\n{{"n":1}}]}}'.encode(), NOW)
    assert _bodies(store) == [NUMBERS.rstrip("}"), NUMBERS.rstrip("}"), '{"n":1']


def test_an_event_that_breaks_a_rule_is_not_stored(store: Store) -> None:
    with pytest.raises(KeenError) as caught:
        record_event(store, "sales", b'{"a.b":1}', NOW)
    assert (caught.value.code, caught.value.status) == ("InvalidPropertyNameError", 400)
    assert _bodies(store) == []


def test_a_batch_tells_of_each_event_what_became_of_it(store: Store) -> None:
    batch = b'{"sales":[{"n":1},5,{"a":"\xff"},{"n":2}],"_x":[{}],"none":[]}'
    outcome = record_batch(store, batch, NOW)
    assert [each["success"] for each in outcome["sales"]] == [True, False, False, True]
    assert outcome["sales"][1]["error"] == {
        "name": "InvalidEventError",
        "description": "The event is not a JSON object: not one JSON object at character 0.",
    }
    assert outcome["sales"][2]["error"]["description"] == "The event is not UTF-8 at byte 6."
    assert outcome["_x"][0]["error"]["name"] == "InvalidCollectionNameError"
    assert outcome["none"] == []
    assert _bodies(store) == ['{"n":1', '{"n":2']


def test_each_event_of_a_batch_may_have_900_000_bytes(store: Store) -> None:
    longest = b'{"a":[' + b",".join([b'"' + b"x" * 8_988 + b'"'] * 100) + b"]}"
    fits, too_long = longest + b" " * (900_000 - len(longest)), longest + b" " * (900_001 - len(longest))
    record_event(store, "sales", fits, NOW)
    with pytest.raises(KeenError, match="The event has 900001 bytes"):
        record_event(store, "sales", too_long, NOW)
    inner, outer = longest[:-1] + b" " * (900_000 - len(longest)) + b"}", longest[:-1] + b" " * 900_000 + b"}"
    outcome = record_batch(store, b'{"sales":[' + inner + b"," + outer + b"]}", NOW)
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
def test_a_batch_is_a_json_object_of_lists(store: Store, batch: bytes, code: str) -> None:
    with pytest.raises(KeenError) as caught:
        record_batch(store, batch, NOW)
    assert (caught.value.code, caught.value.status) == (code, 400)
