import re
from hashlib import sha256

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from destination_keen.collection import collection_name, collections_of, shown
from destination_keen.errors import ConfigError
from destination_keen.protocol import Descriptor
from keen_sandbox.rules import check_collection

LEGAL = r"[A-Za-z0-9-]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?"
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("stream", "collection"),
    [
        ("users", "users"),
        ("Users-2", "Users-2"),
        ("public.users", "public.users"),
        ("Réservations d'été", "Reservations_dete"),
        ("Ünïcödé e\u0301", "Unicode_e"),
        ("ﬁle ②", "file_2"),
        ("order  items", "order__items"),
        ("a\tb\nc\u00a0d\u2003e", "a_b_c_d_e"),
        ("sales/2024: total ($)", "sales2024_total_"),
        ("用户 users", "users"),
        ("__private", "private"),
        ("._.hidden", "hidden"),
        (" padded ", "padded_"),
        ("ends.in.dots..", "ends.in.dots"),
        ("-", "-"),
        ("a" * 64, "a" * 64),
        ("a" * 64 + "...", "a" * 64),
        ("a" * 65, "a" * 55 + "_635361c4"),
    ],
)
def test_a_collection_is_called_what_is_left_of_the_name_of_its_stream(stream: str, collection: str) -> None:
    assert collection_name(stream) == collection


@pytest.mark.parametrize(
    ("stream", "collection"),
    [
        ("用户", "stream_0d0e1a86"),
        ("😀", "stream_f0443a34"),
        ("...", "stream_ab5df625"),
        ("", "stream_e3b0c442"),
    ],
)
def test_a_name_of_which_nothing_is_left_becomes_stream_and_a_digest(stream: str, collection: str) -> None:
    assert collection_name(stream) == collection


@given(ANY_TEXT)
@example("a" * 54 + "." * 20)
@example("_" * 80 + "." + "b" * 64 + "c")
@example("\ud800")
def test_every_text_gives_a_name_that_keen_and_kafka_accept(stream: str) -> None:
    name = collection_name(stream)
    assert re.fullmatch(LEGAL, name)
    check_collection(name)
    assert collection_name(stream) == name
    assert collection_name(name) == name


@given(st.from_regex(LEGAL, fullmatch=True))
def test_a_name_that_is_legal_already_stays_as_it_is(name: str) -> None:
    assert collection_name(name) == name


@given(st.text("ab_.", min_size=10, max_size=20), st.text("ab_.", min_size=10, max_size=20))
def test_long_names_that_differ_only_at_their_end_stay_apart(end: str, other_end: str) -> None:
    assume(end != other_end)
    names = {collection_name("x" * 60 + each + "x") for each in (end, other_end)}
    assert len(names) == 2


def test_each_stream_of_a_catalog_gets_its_collection_in_order() -> None:
    names = collections_of([(None, "users"), ("crm", "Käufe"), ("crm", "Users")])
    assert list(names.items()) == [((None, "users"), "users"), (("crm", "Käufe"), "Kaufe"), (("crm", "Users"), "Users")]


@pytest.mark.parametrize(
    ("first", "second", "collection"),
    [
        ((None, "users"), ("crm", "users"), "users"),
        (("shop", "users"), ("crm", "users"), "users"),
        ((None, "Käufe"), (None, "Kaufe"), "Kaufe"),
        ((None, "a b"), (None, "a_b"), "a_b"),
        ((None, "_x"), (None, "x"), "x"),
    ],
)
def test_two_streams_that_become_one_collection_are_refused_by_name(
    first: Descriptor, second: Descriptor, collection: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        collections_of([(None, "other"), first, second])
    assert f'The streams "{shown(first)}" and "{shown(second)}"' in caught.value.message
    assert f'"{collection}"' in caught.value.message


def test_collections_that_differ_only_by_a_dot_and_an_underscore_are_refused_by_name() -> None:
    with pytest.raises(ConfigError) as caught:
        collections_of([("eu", "daily.sales"), (None, "daily_sales")])
    assert '"eu.daily.sales" and "daily_sales"' in caught.value.message
    assert '"daily.sales" and "daily_sales", and Kafka' in caught.value.message


@given(st.lists(st.tuples(st.none() | st.sampled_from(["", "n"]), st.text("aä._ ", max_size=3)), unique=True))
def test_a_catalog_either_gives_every_stream_a_collection_of_its_own_or_is_refused(streams: list[Descriptor]) -> None:
    kafka_sees = {collection_name(name).replace(".", "_") for _, name in streams}
    if len(kafka_sees) == len(streams):
        assert collections_of(streams) == {each: collection_name(each[1]) for each in streams}
    else:
        with pytest.raises(ConfigError):
            collections_of(streams)


def test_a_digest_is_of_the_whole_name_as_the_source_wrote_it() -> None:
    stream = "é" * 65
    assert collection_name(stream) == "e" * 55 + "_" + sha256(stream.encode()).hexdigest()[:8]


@pytest.mark.parametrize(("descriptor", "text"), [((None, "users"), "users"), (("crm", "users"), "crm.users")])
def test_a_stream_is_shown_with_its_namespace_where_it_has_one(descriptor: Descriptor, text: str) -> None:
    assert shown(descriptor) == text
