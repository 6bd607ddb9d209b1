"""The acts on a catalogue: each is reviewed, with what differs and the open projects concerned, before it is done."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.catalogue.form import CHOICES, FIELDS, SHIFTS, CatalogueForm
from api.catalogue.impact import catalogue_after, impact_of
from api.catalogue.links import CATALOGUES, addresses, catalogue_path, departments_for, offers
from api.catalogue.lookup import catalogue_case
from api.catalogue.view_models import Items, ItemWords
from api.commands.aggregate_acts import TAKES_ACTS, ActResult, AggregateActs, AggregateTarget
from api.html.page import PageContext, see_other
from api.reference.pages import reviewed
from api.route_access import ACCESS, COMMANDS
from api.web.form_fields import FormFields
from api.web.problems import Problem
from domain.catalogue.state import Catalogue, stream_of
from infrastructure.ledger.approvals import Approvals


class CatalogueActPages(Controller):
    """Several commands of one form are carried out together, or none."""

    opt = {ACCESS: COMMANDS}  # noqa: RUF012  litestar's own spelling
    dependencies = TAKES_ACTS

    @post("/admin/acts/catalogues/{act:str}", status_code=200)
    async def act_on_catalogue(
        self,
        *,
        act: FromPath[str],
        page: NamedDependency[PageContext],
        fields: NamedDependency[FormFields],
        approvals: NamedDependency[Approvals],
        aggregate_acts: NamedDependency[AggregateActs],
    ) -> Response[str]:
        """Show what the act would change, for the catalogue and for open projects; do it where that has been seen."""
        name = fields.text("name").strip()
        if act not in FIELDS:
            raise Problem("not-found", f"there is no act {act}"[:100], remedy=f"begin at {CATALOGUES}")
        state = await approvals.state(stream_of(name))
        form = CatalogueForm(act, name, state if isinstance(state, Catalogue) else Catalogue(state.id), fields)
        target = AggregateTarget(stream_of(name), catalogue_case)
        result = await aggregate_acts.review_or_carry_out(target, form.commands, fields)
        if not result.is_done:
            return await _review(page, aggregate_acts, form, result)
        return see_other(page.link(catalogue_path(name), receipt=str(result.position)))


async def _review(page: PageContext, acts: AggregateActs, form: CatalogueForm, result: ActResult) -> Response[str]:
    """The page before the act: its sentences, what differs, and open projects; or its form with why it is refused."""
    effect: dict[str, Any] = {"changes": [], "impact": None, "findings": []}
    if result.problem is None:
        before, after = (catalogue_after(form.name, entries) for entries in (result.before, result.all_entries))
        old: Items = before.items
        new: Items = after.items
        if len(after.editions) > len(before.editions):
            old, new = before.editions[-1].items if before.editions else {}, after.editions[-1].items
        effect = {
            "changes": ItemWords(page).changes(old, new),
            "impact": await impact_of(acts.approvals, acts.caller, form.name, result.before, result.added),
            "is_published": len(after.editions) > len(before.editions),
            "findings": form.findings(),
        }
    return reviewed(
        page,
        result,
        kind="catalogues",
        act=form.act,
        name=form.name,
        fields=form.fields,
        values=form.values,
        back=page.link(catalogue_path(form.name)) if form.catalogue.version else page.link(CATALOGUES),
        choices=CHOICES,
        departments=departments_for(acts, form.catalogue),
        shifts=SHIFTS,
        item_link=addresses(page, form.name)["item_link"],
        **offers(acts, ""),
        **effect,
    )
