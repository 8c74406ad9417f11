"""Keen's official Python client, pointed at the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from keen.client import KeenClient
from keen.exceptions import KeenApiError

from integration_tests.sandbox import MASTER_KEY, PROJECT, READ_KEY, WRITE_KEY, Sandbox

TODAY = "this_2_days"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Where a fresh sandbox is."""
    with Sandbox(tmp_path) as sandbox:
        yield f"http://localhost:{sandbox.http_port}"


@pytest.fixture
def client(url: str) -> Iterator[KeenClient]:
    client = KeenClient(PROJECT, write_key=WRITE_KEY, read_key=READ_KEY, master_key=MASTER_KEY, base_url=url)
    yield client
    client.api.session.close()


@pytest.fixture
def sales(client: KeenClient) -> KeenClient:
    client.add_event("sales", {"item": "pen", "price": 2})
    client.add_events({"sales": [{"item": "pen", "price": 3}, {"item": "book", "price": 10.5}]})
    return client


def test_what_the_client_wrote_reads_back(sales: KeenClient) -> None:
    events = sales.extraction("sales", timeframe=TODAY)
    assert [(event["item"], event["price"]) for event in events] == [("pen", 2), ("pen", 3), ("book", 10.5)]
    assert all(set(event["keen"]) == {"timestamp", "created_at", "id"} for event in events)


def test_every_query_of_the_client_is_answered(sales: KeenClient) -> None:
    about = {"timeframe": TODAY, "target_property": "price"}
    assert sales.count("sales", timeframe=TODAY) == 3
    assert sales.sum("sales", **about) == 15.5
    assert sales.minimum("sales", **about) == 2
    assert sales.maximum("sales", **about) == 10.5
    assert sales.average("sales", **about) == pytest.approx(15.5 / 3)
    assert sales.median("sales", **about) == 3
    assert sales.percentile("sales", percentile=50, **about) == 3
    assert sales.count_unique("sales", "item", timeframe=TODAY) == 2
    assert sales.select_unique("sales", "item", timeframe=TODAY) == ["book", "pen"]


def test_filters_groups_order_and_intervals_reach_the_query(sales: KeenClient) -> None:
    cheap = [{"property_name": "price", "operator": "lt", "property_value": 10}]
    assert sales.count("sales", timeframe=TODAY, filters=cheap) == 2
    dearest_first = {"property_name": "result", "direction": "DESC"}
    grouped = {"timeframe": TODAY, "group_by": "item", "order_by": dearest_first}
    assert sales.sum("sales", "price", **grouped) == [
        {"item": "book", "result": 10.5},
        {"item": "pen", "result": 5},
    ]
    assert sales.sum("sales", "price", limit=1, **grouped) == [{"item": "book", "result": 10.5}]
    days = sales.count("sales", timeframe=TODAY, interval="daily")
    assert [set(day) for day in days] == [{"value", "timeframe"}] * 2
    assert sum(day["value"] for day in days) == 3


def test_collections_and_their_schema_are_told(sales: KeenClient) -> None:
    assert [collection["name"] for collection in sales.get_all_collections()] == ["sales"]
    assert sales.get_collection("sales")["properties"]["price"] == "num"
    assert sales.list_access_keys() == []


def test_a_deletion_with_filters_spares_the_rest(sales: KeenClient) -> None:
    pens = [{"property_name": "item", "operator": "eq", "property_value": "pen"}]
    assert sales.delete_events("sales", filters=pens) is True
    assert sales.select_unique("sales", "item", timeframe=TODAY) == ["book"]
    assert sales.delete_events("sales") is True
    with pytest.raises(KeenApiError, match="ResourceNotFoundError"):
        sales.delete_events("sales")


def test_access_keys_are_made_changed_revoked_and_deleted(url: str, sales: KeenClient) -> None:
    books = [{"property_name": "item", "operator": "eq", "property_value": "book"}]
    options = {"writes": {"autofill": {"shop": "Rome"}}, "queries": {"filters": books}}
    made = sales.create_access_key("books", permitted=["writes"], options=options)
    assert sales.list_access_keys() == [sales.get_access_key(made["key"])] == [made]
    ours = KeenClient(PROJECT, write_key=made["key"], read_key=made["key"], base_url=url)
    ours.add_event("sales", {"item": "book"})
    with pytest.raises(KeenApiError, match="KeyNotPermittedError"):
        ours.count("sales", timeframe=TODAY)
    sales.add_access_key_permissions(made["key"], ["queries"])
    assert ours.count("sales", timeframe=TODAY) == 2
    assert ours.select_unique("sales", "shop", timeframe=TODAY) == ["Rome"]
    sales.revoke_access_key(made["key"])
    with pytest.raises(KeenApiError, match="InvalidApiKeyError"):
        ours.add_event("sales", {})
    sales.unrevoke_access_key(made["key"])
    ours.add_event("sales", {})
    sales.delete_access_key(made["key"])
    assert sales.list_access_keys() == []
    with pytest.raises(KeenApiError, match="InvalidApiKeyError"):
        ours.add_event("sales", {})
    ours.api.session.close()


def test_a_refusal_reaches_the_caller_with_keens_code(url: str, client: KeenClient) -> None:
    with pytest.raises(KeenApiError, match="InvalidPropertyNameError"):
        client.add_event("sales", {"a.b": 1})
    stranger = KeenClient(PROJECT, write_key="wrong", read_key=WRITE_KEY, base_url=url)
    with pytest.raises(KeenApiError, match="InvalidApiKeyError"):
        stranger.add_event("sales", {})
    with pytest.raises(KeenApiError, match="KeyNotPermittedError"):
        stranger.count("sales", timeframe=TODAY)
    stranger.api.session.close()
