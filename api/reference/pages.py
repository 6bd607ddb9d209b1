"""What the pages of catalogues, flows and calendars share: the links between them, and the page before an act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.params import QueryParameter

from api.commands.aggregate_acts import ActResult
from api.html.field_faults import field_fault
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.web.form_fields import FormFields
from api.web.parameters import POSITION_MAX

KINDS = ("catalogues", "flows", "calendars")
SENTENCES_SHOWN_MAX = 5  # of a page before an act; the rest is folded
RECEIPT = 0  # no act was done

Receipt = Annotated[
    int, QueryParameter(ge=0, le=POSITION_MAX, description="The position of the last act in the ledger.")
]


def reference_frame(page: PageContext, kind: str) -> dict[str, Any]:
    """The links between the pages of the three kinds of reference data, of which *kind* is this one."""
    return {"kinds": [(each, page.link(f"/admin/{each}"), each == kind) for each in KINDS], "kind": kind}


def reviewed(
    page: PageContext,
    result: ActResult,
    *,
    kind: str,
    act: str,
    name: str,
    fields: FormFields,
    values: Mapping[str, str],
    back: str,
    **effect: object,
) -> Response[str]:
    """The page before an act with its *effect*; or its form with all that was filled in, and why it is refused."""
    sentences = Sentences(page, UUID(int=0), SentenceContext(), {})
    sentences_added = [sentences.tell(entry.fact) for entry in result.added]
    return page.render(
        f"{kind.removesuffix('s')}_review.html",
        **reference_frame(page, kind),
        act=act,
        name=name,
        key=fields.key(),
        values=values,
        problem=result.problem or None,
        fault=field_fault(result.problem, values),
        is_edited=bool(fields.text("edit")),
        effects=sentences_added[-SENTENCES_SHOWN_MAX:],
        earlier_effects=sentences_added[:-SENTENCES_SHOWN_MAX],
        back=back,
        **effect,
    )
