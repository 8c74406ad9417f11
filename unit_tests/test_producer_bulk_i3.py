import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from unit_tests.bulk_api import CONTENT, ITEMS, Answer, BulkApi, delivered, delivering, failure, item, refusing

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(CONTENT),
    lambda below: st.lists(below, max_size=3),
    max_leaves=4,
)
ITEM_VERDICTS = (
    st.just({"success": True})
    | st.fixed_dictionaries({"success": JSON}, optional={"error": JSON})
    | st.sampled_from(["InvalidEventError", "OtherError", f"Invalid {CONTENT}"]).map(refusing)
    | JSON
)
ANSWERS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.lists(ITEM_VERDICTS, max_size=3) | JSON) | JSON


def test_i3_whatever_keen_answers_only_what_it_confirmed_is_delivered_and_the_rest_fails() -> None:
    answers: list[bytes] = []
    with BulkApi(always=lambda _: Answer(200, answers[-1])) as keen:

        @given(ANSWERS)
        def judged(body: Any) -> None:
            answers.append(json.dumps(body).encode())
            verdicts = list(delivering(keen, ITEMS, seconds=0.0))
            told = body if isinstance(body, dict) else {}
            good = []
            for name, items in (("a", [item(0), item(2)]), ("b", [item(1, "b")])):
                if isinstance(told.get(name), list) and len(told[name]) == len(items):
                    good += [
                        each
                        for each, verdict in zip(items, told[name], strict=True)
                        if isinstance(verdict, dict) and verdict.get("success") is True
                    ]
            assert delivered(verdicts) == good
            rest = [each for each in ITEMS if each not in good]
            assert sorted(each for verdict in verdicts if verdict.failure for each in verdict.items) == sorted(rest)
            assert not rest or CONTENT not in failure(verdicts).message + failure(verdicts).internal_message

        judged()
