"""What was used lately is kept, up to a weight in facts; the rest is forgotten, the oldest first."""

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
    lately: WeightedLruCache[str, object] = WeightedLruCache(facts_max)
    held: list[tuple[str, int]] = []  # the oldest first, with its weight
    for act, key, number in acts:
        weights = dict(held)
        match act:
            case "keep":
                lately.keep(key, object(), number)
                held = [*((one, weight) for one, weight in held if one != key), (key, EMPTY_WEIGHT + number)]
            case "grow":
                lately.grow(key, number)
                if key in weights:
                    held = [*((one, weight) for one, weight in held if one != key), (key, weights[key] + number)]
            case "forget":
                assert (lately.forget(key) is None) is (key not in weights)
                held = [(one, weight) for one, weight in held if one != key]
            case _:
                lately.make_room(number)
                while sum(weight for _, weight in held) > facts_max and len(held) > number:
                    held.pop(0)
        assert (len(lately), lately.weight) == (len(held), sum(weight for _, weight in held))
        assert [one for one in "abcdef" if one in lately] == sorted(one for one, _ in held)


def test_what_is_kept_is_found_and_nothing_when_cleared() -> None:
    lately: WeightedLruCache[int, str] = WeightedLruCache(100)
    lately.keep(1, "one", 7)
    assert (lately.get(1), lately[1], lately.get(2)) == ("one", "one", None)
    lately.clear()
    assert (lately.get(1), len(lately), lately.weight) == (None, 0, 0)
