"""受理 acceptance: the department takes an application in and the decision clock starts, or declines it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from domain.catalogue.item import DAYS_MAX
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.rules import limit_of, require_reasons
from domain.core.types import Code, Lines, ModeName, Stage, Text
from domain.law.estimate import in_words, longest_cure
from domain.project.countersignature.rules import joint_requests
from domain.project.rules import law_at_acceptance, law_of, once, require_handler, require_stage, service_of
from domain.project.state.project import Item, Project


class AcceptItem(Command, frozen=True, tag="accept_item"):
    """Accept an application. *lacking* names secondary papers due within *cure_days* working days (容缺受理).

    By default that is the time promised for the decision, or what the law's limit can hold. The participants of a joint
    item are consulted at once.
    """

    item: Code
    lacking: Lines = ()
    cure_days: Annotated[int, Meta(ge=1, le=DAYS_MAX)] | None = None

    needs_shelf: ClassVar[bool] = True

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be accepted", Stage.SUBMITTED, Stage.SUPPLEMENTING)
        if unmet := project.unmet(self.item):
            raise too_early(item, unmet, context)
        law = law_at_acceptance(item, context)
        limit = limit_of(law, "decision", item.mode)
        lacking = once((*outstanding(project, item, context), *self.lacking))
        if context.by.role is not Role.SYSTEM:  # an imported case has already been accepted without these papers
            require_tolerable(item, lacking, context)
        accepted = ItemAccepted(
            item=self.item,
            mode=item.mode,
            law=law.name,
            limit=limit.days,
            unit=limit.unit,
            article=limit.article,
            promise_days=item.promise_days,
            lacking=lacking,
            cure_days=self._cure_days(lacking, longest_cure(law, limit, item.promise_days)),
        )
        return (accepted, *joint_requests(item, law))

    def _cure_days(self, lacking: tuple[str, ...], longest: int) -> int | None:
        """The working days within which missing papers are due: never longer than the promise for the item (容缺)."""
        if not lacking:
            if self.cure_days is None:
                return None
            raise Refused(
                "nothing-lacking",
                f"cure_days is given, but no paper is missing for {self.item}",
                remedy="name the papers in lacking, or leave cure_days out",
            )
        days = longest if self.cure_days is None else self.cure_days
        if days > longest:
            most = in_words(longest, "working_day")
            raise Refused(
                "cure-exceeds-promise",
                f"papers for {self.item} can't be due {in_words(days, 'working_day')} after acceptance: its decision's"
                f" time holds at most {most}",
                remedy=f"set cure_days to {most} or fewer",
            )
        return days or None


class ItemAccepted(Fact, frozen=True, tag="item_accepted"):
    """受理. Holds the law's inputs as of acceptance, so that a later pack changes nothing for this case."""

    item: str
    mode: ModeName
    law: str
    limit: int
    unit: str
    article: str
    promise_days: int | None = None
    lacking: tuple[str, ...] = ()
    cure_days: int | None = None  # 容缺: working days within which the missing papers are due

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.stage, item.missing, item.law = Stage.ACCEPTED, self.lacking, self.law


class DeclineItem(Command, frozen=True, tag="decline_item"):
    """Refuse to admit an application (不予受理), with reasons."""

    item: Code
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be declined", Stage.SUBMITTED, Stage.SUPPLEMENTING)
        require_reasons(self.reasons, f"declining {self.item}", context.law.article("intake"))
        return (ItemDeclined(item=self.item, reasons=self.reasons),)


class ItemDeclined(Fact, frozen=True, tag="item_declined"):
    """不予受理."""

    item: str
    reasons: str

    def apply(self, project: Project) -> None:
        project.recorded(self.item).stage = Stage.DECLINED


def too_early(item: Item, unmet: list[str], context: Context) -> Refused:
    """The refusal of an acceptance before the items *unmet* are granted; silence may accept it all the same (B5.2)."""
    law = law_of(item, context)
    by_silence = "intake" in law.clocks and law.silence("intake", item.mode) == "deemed_accepted"
    instead = (
        "; silence accepts it after the last day of intake: before that request what is missing as a supplement, "
        "or decline it"
    )
    return Refused(
        "precondition-unmet",
        f"{item.plan.item} can't be accepted before these items are granted: {', '.join(unmet)}",
        remedy=f"accept it once they are granted{instead if by_silence else ''}",
        unmet=unmet,
        accepted_by_silence=by_silence,
    )


def outstanding(project: Project, item: Item, context: Context) -> tuple[str, ...]:
    """Papers requested but not yet handed in; a supplement notice dated after acceptance is void."""
    if not item.missing:
        return ()
    noted = [
        note.occurred_at
        for version, note in project.notes.items()
        if note.fact == "supplement_requested" and note.item == item.plan.item and version not in project.retracted
    ]
    void = bool(noted) and context.at < noted[-1] and context.by.role is not Role.SYSTEM  # registers date loosely
    return () if void else item.missing


def require_tolerable(item: Item, lacking: tuple[str, ...], context: Context) -> None:
    """Refuse acceptance without a paper that the catalogue does not allow to be missing (容缺)."""
    service = service_of(item, context) if lacking else None
    listed = {paper.material_name: paper.tolerable for paper in service.materials} if service else {}
    if needed := [paper for paper in lacking if not listed.get(paper, True)]:
        raise Refused(
            "paper-not-tolerable",
            f"{item.plan.item} can't be accepted without {', '.join(needed)}: "
            "the catalogue does not allow these papers to be missing",
            article=context.law.article("supplement"),
            remedy="obtain these papers first, with request_supplement if they have not been requested yet",
            papers=needed,
        )
