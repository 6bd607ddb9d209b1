"""Merkle tree of RFC 6962, section 2.1, over the ledger: head, inclusion proof, consistency proof, and their checks.

A leaf is the entry at one position: its position as 8 bytes, big-endian, and the hash that chains it, 32 bytes. The
entry at position 1 is the leaf of index 0. Hashes are SHA-256, prefixed 0x00 for a leaf and 0x01 for a node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH_BYTES = 32
LEAF_BYTES = 8 + HASH_BYTES
EMPTY_HEAD = sha256(b"").digest()  # of a tree without a leaf

SubtreeReader = Callable[[int, int], bytes]
"""`read(level, index)`: the hash of the complete subtree of 2^level leaves that begins at leaf index * 2^level."""


class ProofError(ValueError):
    """A proof does not lead to the head it was given for."""


def leaf(position: int, entry_hash: bytes) -> bytes:
    """The bytes of the leaf for the entry at *position*."""
    return position.to_bytes(8, "big") + entry_hash


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above *left* and *right*."""
    return sha256(b"\x01" + left + right).digest()


class GrowingHead:
    """The head of a tree that is fed leaf by leaf, with a hash in memory for each complete subtree."""

    def __init__(self) -> None:
        self._subtrees: list[tuple[int, bytes]] = []

    def add(self, hash_: bytes) -> None:
        """Take in the hash of the next leaf."""
        level = 0
        while self._subtrees and self._subtrees[-1][0] == level:
            level, hash_ = level + 1, node_hash(self._subtrees.pop()[1], hash_)
        self._subtrees.append((level, hash_))

    def head(self) -> bytes:
        """The head of all leaves so far."""
        if not self._subtrees:
            return EMPTY_HEAD
        head = self._subtrees[-1][1]
        for _, hash_ in reversed(self._subtrees[:-1]):
            head = node_hash(hash_, head)
        return head


def _split(size: int) -> int:
    """The largest power of two smaller than *size* (at least 2): how many leaves the left subtree holds."""
    return 1 << (size - 1).bit_length() - 1


def subtree_head(start: int, size: int, read: SubtreeReader) -> bytes:
    """The head of the *size* leaves from leaf *start*, which is a multiple of the next power of two."""
    if size == 0:
        return EMPTY_HEAD
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    left = _split(size)
    return node_hash(subtree_head(start, left, read), subtree_head(start + left, size - left, read))


def tree_head(size: int, read: SubtreeReader) -> bytes:
    """The head of the tree of the first *size* leaves."""
    return subtree_head(0, size, read)


def inclusion_proof(index: int, size: int, read: SubtreeReader) -> list[bytes]:
    """The hashes that lead from the leaf *index* to the head of the first *size* leaves (RFC 6962, 2.1.1).

    Raises ValueError where the tree does not hold the leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves holds no leaf {index}")
    return _path(index, 0, size, read)


def _path(index: int, start: int, size: int, read: SubtreeReader) -> list[bytes]:
    if size == 1:
        return []
    left = _split(size)
    if index < left:
        return [*_path(index, start, left, read), subtree_head(start + left, size - left, read)]
    return [*_path(index - left, start + left, size - left, read), subtree_head(start, left, read)]


def consistency_proof(old: int, size: int, read: SubtreeReader) -> list[bytes]:
    """The hashes that show the first *old* leaves to be the beginning of the first *size* (RFC 6962, 2.1.2).

    Empty where one of the trees is empty or both are the same. Raises ValueError where *old* is larger.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} leaves can't begin with {old}")
    return [] if old in (0, size) else _consistency(old, 0, size, read, whole=True)


def _consistency(old: int, start: int, size: int, read: SubtreeReader, *, whole: bool) -> list[bytes]:
    if old == size:
        return [] if whole else [subtree_head(start, size, read)]
    left = _split(size)
    if old <= left:
        return [*_consistency(old, start, left, read, whole=whole), subtree_head(start + left, size - left, read)]
    return [
        *_consistency(old - left, start + left, size - left, read, whole=False),
        subtree_head(start, left, read),
    ]


def verify_inclusion(data: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> None:
    """Check that the leaf *data* is at *index* in the tree of *size* leaves with this *head*. Raises ProofError."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves holds no leaf {index}")
    hash_, node, last = leaf_hash(data), index, size - 1
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if node & 1 or node == last:
            hash_ = node_hash(sibling, hash_)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("the inclusion proof is too short")
    if hash_ != head:
        raise ProofError(f"the inclusion proof of leaf {index} does not lead to the head")


def verify_consistency(old: int, old_head: bytes, size: int, head: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of *old* leaves is the beginning of that of *size* leaves. Raises ProofError."""
    if not 0 <= old <= size:
        raise ProofError(f"a tree of {size} leaves can't begin with {old}")
    if old in (0, size):
        expected = EMPTY_HEAD if old == 0 else head
        if proof or old_head != expected:
            raise ProofError("two trees of the same size differ" if old else "the empty tree has another head")
        return
    hashes = list(proof) if old & (old - 1) else [old_head, *proof]
    if not hashes:
        raise ProofError("the consistency proof is too short")
    if _both_heads(old, size, hashes) != (old_head, head):
        raise ProofError(f"the tree of {old} leaves is not the beginning of that of {size}")


def _both_heads(old: int, size: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The heads of the old and of the new tree that *hashes* lead to."""
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short")
    return first, second
