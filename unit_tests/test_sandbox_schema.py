from keen_sandbox.rules import Event
from keen_sandbox.schema import infer_schema
from keen_sandbox.store import Store

DAY = "2024-01-01T00:00:00.000Z"


def test_a_schema_names_the_dotted_path_and_the_type_of_every_property() -> None:
    store = Store(None)
    bodies = [
        '{"name":"x","age":5,"ok":true,"tags":["a"],"empty":[],"address":{"city":{"zip":"1"}},"none":null}',
        '{"age":5.5,"big":-9223372036854775808,"things":[{"a":1}],"keen":{"timestamp":"t","created_at":"c","id":"i"}}',
        '{"mixed":1,"late":null}',
        '{"mixed":"x","late":false}',
    ]
    store.add([Event("c", DAY, DAY, None, body) for body in bodies])
    assert infer_schema(store, "c") == {
        "name": "string",
        "age": "num",
        "ok": "bool",
        "tags": "array",
        "empty": "array",
        "address.city.zip": "string",
        "none": "null",
        "big": "num",
        "things": "array",
        "keen.timestamp": "datetime",
        "keen.created_at": "datetime",
        "keen.id": "string",
        "mixed": "string",
        "late": "bool",
    }
    store.close()


def test_a_collection_that_does_not_exist_has_no_properties() -> None:
    store = Store(None)
    assert infer_schema(store, "c") == {}
    store.close()
