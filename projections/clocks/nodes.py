"""The supervision page's axes as data: which clock belongs to which key node, and what modes and nodes are called.

No source says what "三种模式，四个关节点" (three modes, four key nodes) are. This is one reading: the four counts of
days that every ordinary licence meets, in the modes of the Administrative Licensing Law, with lower-level review
(Art. 43) as a mode of its own. A zone that reads it otherwise passes its own nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from domain.core.types import Mode
from domain.law.packs.pack import Pack


class Node(Struct, frozen=True):
    """One key node: its stored *key*, its titles, its article, and the clocks counted under it.

    *extended* distinguishes the same clock before and after its extension; None matches both.
    """

    key: str
    title: str
    title_zh: str
    article: str
    clocks: tuple[str, ...]
    extended: bool | None = None


class ModeTitle(Struct, frozen=True):
    """What one mode of handling is called."""

    key: str
    title: str
    title_zh: str
    article: str


# Titles in both languages are members of the JSON answers; pages show the same.
NODES: tuple[Node, ...] = (
    Node("acceptance", "Acceptance", "受理", "行政许可法 32", ("intake",)),
    Node("decision", "Decision", "决定", "行政许可法 42, 43", ("decision", "lower_review"), extended=False),
    Node("extension", "Extension", "延期", "行政许可法 42", ("decision", "lower_review"), extended=True),
    Node("delivery", "Delivery", "送达", "行政许可法 44", ("delivery",)),
)
MODES: tuple[ModeTitle, ...] = (
    ModeTitle(Mode.ON_THE_SPOT.value, "On the spot", "当场办理", "行政许可法 34(2)"),
    ModeTitle(Mode.SINGLE.value, "One department", "一个部门办理", "行政许可法 42(1)"),
    ModeTitle(Mode.JOINT.value, "Unified, joint or concentrated", "统一、联合、集中办理", "行政许可法 26(2), 42(2)"),
    ModeTitle(Mode.LOWER_REVIEW.value, "Lower-level review first", "下级先行审查", "行政许可法 43"),
)


def modes_with(used: Iterable[str], packs: Iterable[Pack]) -> tuple[ModeTitle, ...]:
    """The usual modes, and those *used* beside them, called as the *packs* call them that have them."""
    others = sorted(set(used) - {mode.key for mode in MODES})
    if not others:
        return MODES
    known: dict[str, ModeTitle] = {}
    for pack in packs:
        for terms in pack.clocks.values():
            for key, mode in terms.modes.items():
                known.setdefault(key, ModeTitle(key, mode.title or key, mode.title_zh or key, mode.article))
    return (*MODES, *(known.get(key, ModeTitle(key, key, key, "")) for key in others))


def node_of(clock: str, extended: bool, nodes: Sequence[Node] = NODES) -> str:
    """The key of the node that *clock* (e.g. "intake#2") is counted under; empty for a clock that has none."""
    kind = clock.partition("#")[0]
    for node in nodes:
        if kind in node.clocks and node.extended in (None, extended):
            return node.key
    return ""
