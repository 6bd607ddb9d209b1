"""前置关系 the arrows of a Gantt chart: from the end of an item's bar to the beginning of the bars that wait for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from api.project_page.graph import HOLDS, EdgeKinds
from domain.project.state.project import Project

LEAVES_PX, ENTERS_PX = 6, 4  # how far an arrow leads out of a bar before it turns, and into the one that it points at
GAP_PX = 9  # from the middle of a row to the edge of its bars, with some air
HEAD = "m-3 -5l3 5l3 -5", "m-3 5l3 -5l3 5"  # of an arrow that comes down, and of one that comes up


class Bar(Struct, frozen=True):
    """Where the bar of an item lies in the chart, in pixels: from *begins* to *ends*, its row's middle at *middle*."""

    begins: float
    ends: float
    middle: float
    critical: bool


class Arrow(Struct, frozen=True):
    """An arrow from *source* to *target*: *path* is SVG, with the top left corner of the chart as its origin.

    *kind*: that of the line in the graph of preconditions. *decides*: both ends are on the critical path. *prints*: it
    says what is waited for, so it is on paper too, where nothing can be pointed at.
    """

    source: str
    target: str
    kind: str
    path: str
    decides: bool

    @property
    def prints(self) -> bool:
        """Whether the arrow is drawn where no row is chosen, on paper."""
        return self.decides or self.kind == HOLDS


def arrows_of(project: Project, states: Mapping[str, str], bars: Mapping[str, Bar]) -> list[Arrow]:
    """The arrows between the *bars* of items; those of items without a bar are in the table of preconditions alone."""
    kinds = EdgeKinds.of(project, states)
    return [
        Arrow(
            source, target, kinds.kind(source, group), _path(bars[source], bars[target]), _decides(bars, source, target)
        )
        for target, item in project.items.items()
        if target in bars
        for source, group in _sources(item.plan.needs)
        if source in bars and source != target
    ]


def _sources(needs: Sequence[tuple[str, ...]]) -> list[tuple[str, tuple[str, ...]]]:
    """Each precondition once, with the group that it is of."""
    groups: dict[str, tuple[str, ...]] = {}
    for group in needs:
        for source in group:
            groups.setdefault(source, group)
    return list(groups.items())


def _decides(bars: Mapping[str, Bar], source: str, target: str) -> bool:
    return bars[source].critical and bars[target].critical


def _path(source: Bar, target: Bar) -> str:
    """Right out of *source*, then down or up to the edge of *target*; around both where *target* begins before that."""
    down = target.middle > source.middle
    sign = 1 if down else -1
    x, edge, head = target.begins + ENTERS_PX, target.middle - sign * GAP_PX, HEAD[0 if down else 1]
    out = source.ends + LEAVES_PX
    if x >= out:
        return f"M{source.ends:g} {source.middle:g}H{x:g}V{edge:g}{head}"
    between = source.middle + sign * (GAP_PX + ENTERS_PX)
    return f"M{source.ends:g} {source.middle:g}H{out:g}V{between:g}H{x:g}V{edge:g}{head}"
