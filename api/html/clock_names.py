"""What the clocks of the law are called on a page."""

from __future__ import annotations

import re
from collections.abc import Callable

from api.html.page import PageContext
from domain.project.countersignature.rules import JOINT_STEP

NAME_ENDS = re.compile("[#:]")


def clock_name(page: PageContext) -> Callable[[str], str]:
    """A function from a clock's stored name, such as "intake#2", to the words for it."""

    def of(name: str) -> str:
        kind = NAME_ENDS.split(name, maxsplit=1)[0]
        rest = name.removeprefix(kind).lstrip("#:")
        title = page.words["clock_kind"](kind)
        if name.startswith(f"{kind}:"):
            department, _, step = rest.partition("#")[0].partition("/")
            rest = page.office(department) + (f" ({step})" if step and step != JOINT_STEP else "")
        between = " " if rest.isdigit() else page.words["bureau"]("of")
        return title if rest in ("", "1") else f"{title}{between}{rest}"

    return of
