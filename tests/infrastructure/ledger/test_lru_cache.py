"""The LRU cache keeps entries up to a weight in facts, and evicts the least recently used first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infrastructure.ledger.lru_cache import EMPTY_WEIGHT, WeightedLruCache

KEYS = st.sampled_from("abcdef")
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("keep"), KEYS, st.integers(0, 9)),
        st.tuples(st.just("grow"), KEYS, st.integers(0, 9)),
        st.tuples(st.just("forget"), KEYS, st.just(0)),
        st.tuples(st.just("make_room"), st.just(""), st.integers(0, 3)),
    ),
    max_size=40,
)


@given(ACTS, st.integers(1, 40))
def test_it_holds_what_a_list_cut_at_its_old_end_would(acts: list[tuple[str, str, int]], facts_max: int) -> None:
    cache: WeightedLruCache[str, object] = WeightedLruCache(facts_max)
    held: list[tuple[str, int]] = []  # the oldest first, with its weight
    for act, key, number in acts:
        weights = dict(held)
        match act:
            case "keep":
                cache.keep(key, object(), number)
                held = [*((name, weight) for name, weight in held if name != key), (key, EMPTY_WEIGHT + number)]
            case "grow":
                cache.grow(key, number)
                if key in weights:
                    held = [*((name, weight) for name, weight in held if name != key), (key, weights[key] + number)]
            case "forget":
                assert (cache.forget(key) is None) is (key not in weights)
                held = [(name, weight) for name, weight in held if name != key]
            case _:
                cache.make_room(number)
                while sum(weight for _, weight in held) > facts_max and len(held) > number:
                    held.pop(0)
        assert (len(cache), cache.weight) == (len(held), sum(weight for _, weight in held))
        assert [name for name in "abcdef" if name in cache] == sorted(name for name, _ in held)


def test_cached_values_are_returned_until_cleared() -> None:
    cache: WeightedLruCache[int, str] = WeightedLruCache(100)
    cache.keep(1, "one", 7)
    assert (cache.get(1), cache[1], cache.get(2)) == ("one", "one", None)
    cache.clear()
    assert (cache.get(1), len(cache), cache.weight) == (None, 0, 0)
