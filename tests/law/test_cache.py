"""A bounded cache holds no more than its size, and what it holds is what was stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.law.cache import BoundedCache


@given(st.lists(st.tuples(st.integers(0, 9), st.integers())), st.integers(1, 6))
def test_it_holds_the_last_value_and_at_most_its_size(stored: list[tuple[int, int]], size: int) -> None:
    cache, everything = BoundedCache[int, int](size), dict[int, int]()
    for key, value in stored:
        cache[key] = everything[key] = value

        assert cache[key] == value
        assert len(cache) <= size
        assert cache.items() <= everything.items()


def test_a_new_value_of_a_key_it_has_empties_nothing() -> None:
    cache = BoundedCache[str, int](2)
    cache["a"], cache["b"], cache["a"] = 1, 2, 3

    assert cache == {"a": 3, "b": 2}
