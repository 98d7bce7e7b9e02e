"""What is so small that it is not looked through holds nothing that looking through it would refuse."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pricing.errors import InputError, LichengError
from service.conventions.bodies import MOST_CELL, MOST_MEMBERS, check_members
from service.json_text import SMALL, is_small, readable

BROKEN = "\ud800"
NAMES = st.text("abx_", min_size=1, max_size=3)
CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(BROKEN)
ANYTHING = st.recursive(CELLS, lambda inner: st.lists(inner) | st.dictionaries(NAMES | st.just(BROKEN), inner))


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return [text for one in inner for text in texts(one)]


def is_whole(value: Any) -> bool:
    return all(letter < "\ud800" or letter > "\udfff" for text in texts(value) for letter in text)


@given(ANYTHING)
def test_what_is_small_is_shallow_and_whole(value: Any) -> None:
    if is_small(value):
        assert depth(value) <= 16
        assert is_whole(value)


@given(ANYTHING, st.integers(0, 20))
@example({}, 16)  # nothing is in the deepest of them
def test_a_value_is_readable_where_it_is_whole_and_shallow(value: Any, around: int) -> None:
    for _ in range(around):
        value = [value]
    try:
        readable(value, "request")
        refused = ""
    except InputError as error:
        refused = error.code
    assert (refused == "") == (is_whole(value) and depth(value) <= 16)


@pytest.mark.parametrize("levels", [15, 16, 17, 18, 400])
def test_nesting_ends_somewhere_however_short_it_is(levels: int) -> None:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    if levels <= 16:
        assert readable(value, "request") is value
        return
    with pytest.raises(InputError) as caught:
        readable(value, "request")
    assert caught.value.code == "nested_too_deeply"


@pytest.mark.parametrize("many", [[0] * (MOST_MEMBERS + 1), dict.fromkeys(map(str, range(MOST_MEMBERS + 1)), 0)])
def test_no_list_or_object_of_too_many_members_is_small(many: Any) -> None:
    assert MOST_MEMBERS >= SMALL // 2
    for sent in ({"usage": many}, {"usage": [many]}):
        assert not is_small(sent)
        with pytest.raises(LichengError) as caught:
            check_members(sent)
        assert caught.value.code == "too_many_members"


@given(st.lists(st.text() | st.integers() | st.floats(), max_size=300))
def test_no_cell_of_what_is_small_is_too_long(cell: list[Any]) -> None:
    """Written with its spaces, a nested cell is at most twice as long as it was measured."""
    if is_small({"x_own": cell}):
        assert len(json.dumps(cell, ensure_ascii=False)) <= MOST_CELL
