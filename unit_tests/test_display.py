import msgspec
import pytest

from destination_keen.display import displayed
from destination_keen.preview import MendCount, Preview, StreamPreview


@pytest.fixture(autouse=True)
def wide_and_without_colours(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def stream(**changed):
    values = {
        "stream": "users",
        "namespace": "public",
        "collection": "users",
        "replaces": False,
        "timestamp": "updated_at",
        "records": 12_345,
        "timed_by_emitted_at": 6,
        "mended": 0,
        "changes": [],
        "example": None,
    }
    return StreamPreview(**{**values, **changed})


def words(*streams):
    return [line.split() for line in displayed(Preview(list(streams), None)).splitlines()]


def test_each_stream_has_a_row() -> None:
    shown = words(stream(), stream(stream="orders", collection="orders", replaces=True, namespace=None))
    assert shown[0] == ["stream", "collection", "time", "from", "records", "by", "emitted_at", "mended"]
    assert shown[2] == ["public.users", "users", "updated_at", "12,345", "6", "0"]
    assert shown[3] == ["orders", "orders", "(replaced)", "updated_at", "12,345", "6", "0"]


def test_mends_are_listed_by_field() -> None:
    shown = words(stream(mended=7, changes=[MendCount("a.b", "RENAMED", "DESTINATION_SERIALIZATION_ERROR", 7)]))
    assert ["Mended", "in", "public.users:"] in shown
    assert ["a.b", "RENAMED", "DESTINATION_SERIALIZATION_ERROR", "7"] in shown


def test_the_example_is_shown_as_it_would_be_sent() -> None:
    shown = displayed(Preview([stream(example=msgspec.Raw(b'{"id":1,"price":1.10,"note":"[red] :smile:"}'))], None))
    assert shown.endswith('An event of public.users:\n{\n  "id": 1,\n  "price": 1.10,\n  "note": "[red] :smile:"\n}')


def test_a_long_example_is_shortened() -> None:
    fields = ",".join(f'"f{i}":"{"x" * 200}"' for i in range(70))
    lines = displayed(Preview([stream(example=msgspec.Raw(b"{%b}" % fields.encode()))], None)).splitlines()
    assert lines[-1] == "… and 12 lines more, which --json shows"
    assert lines[-2] == '  "f58": "' + "x" * 149 + "…"


def test_names_are_not_taken_for_markup() -> None:
    assert words(stream(stream="[bold]users[/bold]", namespace=None))[2][0] == "[bold]users[/bold]"


def test_names_and_values_do_not_steer_the_terminal() -> None:
    mend = MendCount("\x1b[2Ja", "RENAMED", "DESTINATION_SERIALIZATION_ERROR", 1)
    example = msgspec.Raw('{"id":"\x7f\x9b2J\u2028"}'.encode())
    hostile = stream(stream="\x1b]0;users", timestamp="\x1b[1m", changes=[mend], example=example)
    shown = displayed(Preview([hostile], None))
    assert not [char for char in shown if not char.isprintable() and char != "\n"]
    assert '"id": "\ufffd\ufffd2J\ufffd"' in shown
