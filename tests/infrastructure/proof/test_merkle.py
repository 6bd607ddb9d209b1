"""The Merkle tree: known heads, tiles against a tree built in memory, and proofs that fail once anything is changed."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.proof.merkle import (
    EMPTY_HEAD,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf,
    leaf_hash,
    node_hash,
    tree_head,
    verify_consistency,
    verify_inclusion,
)
from infrastructure.proof.tiles import TILE_WIDTH, TiledTree, TileFiles, tile_path

SIZES = st.one_of(st.integers(1, 40), st.integers(250, 520))


def leaves_of(size: int) -> list[bytes]:
    """As many leaves, each different."""
    return [leaf(position, sha256(b"%d" % position).digest()) for position in range(1, size + 1)]


def head_in_memory(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, 2.1, written down once more."""
    if len(leaves) < 2:
        return leaf_hash(leaves[0]) if leaves else EMPTY_HEAD
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return node_hash(head_in_memory(leaves[:left]), head_in_memory(leaves[left:]))


def grown(folder: Path, leaves: list[bytes], *steps: int) -> TiledTree:
    """A tree of *leaves*, grown in several steps."""
    tree, start = TiledTree(TileFiles(folder), 0), 0
    for step in (*steps, len(leaves)):
        tree.grow(leaves[start:step])
        start = max(start, min(step, len(leaves)))
    return tree


def test_heads_of_published_vectors(tmp_path: Path) -> None:
    """The leaves and heads that implementations of RFC 6962 test each other with."""
    leaves = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
    leaves.append(bytes(range(0x60, 0x70)))
    heads = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    assert {size: head_in_memory(leaves[:size]).hex() for size in heads} == heads
    assert head_in_memory([]) == EMPTY_HEAD
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 66_000])
def test_tiles_lead_to_the_head_of_the_definition(tmp_path: Path, size: int) -> None:
    leaves = leaves_of(size)
    tree = grown(tmp_path, leaves, size // 3, size // 2)
    assert tree_head(size, tree.subtree) == head_in_memory(leaves)
    assert tree.leaves((size - 1) // TILE_WIDTH)[-1] == leaves[-1]


@given(SIZES, st.data())
def test_proofs_hold_and_fail_once_a_hash_is_changed(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    leaves = leaves_of(size)
    with TemporaryDirectory() as folder:
        tree = grown(Path(folder), leaves)
        head, old_head = tree_head(size, tree.subtree), head_in_memory(leaves[:old])
        path = inclusion_proof(index, size, tree.subtree)
        bridge = consistency_proof(old, size, tree.subtree)
    verify_inclusion(leaves[index], index, size, path, head)
    verify_consistency(old, old_head, size, head, bridge)
    with pytest.raises(ProofError):
        verify_inclusion(leaves[index] + b"x", index, size, path, head)
    for at in range(len(path)):
        with pytest.raises(ProofError):
            verify_inclusion(leaves[index], index, size, [*path[:at], bytes(32), *path[at + 1 :]], head)
    for at in range(len(bridge)):
        with pytest.raises(ProofError):
            verify_consistency(old, old_head, size, head, [*bridge[:at], bytes(32), *bridge[at + 1 :]])
    with pytest.raises(ProofError):
        verify_consistency(old, bytes(32), size, head, bridge)
    for wrong in ([*path, bytes(32)], path[:-1] if path else [bytes(32)]):
        with pytest.raises(ProofError):
            verify_inclusion(leaves[index], index, size, wrong, head)


def test_a_leaf_elsewhere_is_refused(tmp_path: Path) -> None:
    leaves = leaves_of(300)
    tree = grown(tmp_path, leaves)
    head = tree_head(300, tree.subtree)
    path = inclusion_proof(7, 300, tree.subtree)
    with pytest.raises(ProofError):
        verify_inclusion(leaves[7], 8, 300, path, head)
    with pytest.raises(ProofError):
        verify_inclusion(leaves[7], 300, 300, path, head)
    with pytest.raises(ValueError, match="holds no leaf 300"):
        inclusion_proof(300, 300, tree.subtree)


def test_paths_of_tiles() -> None:
    assert tile_path(0, 67) == "tile/0/067"
    assert tile_path(1, 1_234_067, 13) == "tile/1/x001/x234/067.p/13"
    assert tile_path("entries", 0, 1) == "tile/entries/000.p/1"
