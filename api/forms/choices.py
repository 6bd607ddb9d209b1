"""The options of select fields: departments, items, grounds, cards and so on, as the case has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from api.acts.fields import FieldKind, FormFieldSpec
from api.forms.case import FormCase
from api.html.citations import cited
from api.html.clock_names import clock_name
from api.html.sentences import WORDS, plain
from api.html.titles import law_title
from api.web.entries import ShownEntry
from domain.core.types import JointForm, Outcome
from domain.flow.state import Flow
from domain.law.proof import Rung
from domain.project.countersignature.request import AskingOrder
from domain.project.countersignature.rules import JOINT_STEP
from domain.project.feedback.complaint import ComplaintFiled
from domain.project.feedback.evaluation import WHO_SERVES
from domain.project.information.form import FORM
from domain.project.materials.attachment import OVER_STAGES
from domain.project.state.consultation import unanswered
from domain.project.state.materials import Material

LABEL_CHARACTERS_MAX = 60
METHODS = ("window", "electronic", "post", "direct", "public_notice")
# The table of words for each closed set of values: those of facts, and those of commands alone.
TABLES: Sequence[tuple[type[StrEnum], str]] = (
    *WORDS.items(),
    (AskingOrder, "asking_order"),
    (JointForm, "joint_form_of"),
)


class Choice(Struct, frozen=True):
    """One option of a field: its value, its label, and a hint in small print."""

    value: str
    label: str
    hint: str = ""


Choices = Sequence[Choice]
SUPERVISION, FEEDBACK, MATERIALS = "read:supervision", "read:feedback", "read:materials"


def choices_for(case: FormCase, spec: FormFieldSpec) -> Choices | None:
    """The options of a field in the form of *case*; None for a free text."""
    if spec.kind is FieldKind.ENUM:
        return _of_enum(case, spec)
    source = SOURCES.get(f"{case.command}.{spec.name}") or SOURCES.get(spec.name)
    return source(case) if source is not None else None


def _of_enum(case: FormCase, spec: FormFieldSpec) -> Choices:
    words, values = case.page.words, spec.values
    if case.command in ("complete_item", "record_external_result"):
        values = tuple(value for value in values if value != Outcome.REVOKED)
    table = next(table for enum, table in TABLES if tuple(each.value for each in enum) == spec.values)
    return [Choice(value, words[table](value)) for value in values]


def departments(case: FormCase, but: Iterable[str] = ()) -> Choices:
    """Every department that is known by name, or that has an item in the project."""
    titles = case.page.departments
    own = {item.department for item in case.project.items.values()}
    known = {code: case.page.office(code) for code in sorted({*titles, *own} - {"", *but})}
    return [Choice(code, name) for code, name in sorted(known.items(), key=lambda pair: pair[1])]


def _other_departments(case: FormCase) -> Choices:
    state = case.state
    return departments(case, (state.department,) if state else ())


def _all_departments(case: FormCase) -> Choices:
    return departments(case)


def _items(case: FormCase) -> Choices:
    return [
        Choice(code, case.named(code), case.page.office(item.department)) for code, item in case.project.items.items()
    ]


def _licences(case: FormCase) -> Choices:
    """Items that granted a licence of limited validity."""
    granted = {code: item.granted_as for code, item in case.project.items.items() if item.granted_as}
    return [Choice(code, case.named(code), str(licence.valid_through)) for code, licence in granted.items() if licence]


def _grounds(case: FormCase) -> Choices:
    """The grounds on which the clocks of this item may be suspended: by its law, and as its catalogue lists them."""
    state, page, name = case.state, case.page, clock_name(case.page)
    if state is None:
        return []
    listed = case.service.special_procedure if case.service else ()
    offered = [ground for ground in case.law.grounds if ground.is_for(state.mode)]
    chosen = [ground for ground in offered if not listed or ground.reason in (*listed, *ALWAYS_ALLOWED)] or offered
    zh = page.language == "zh"
    return [
        Choice(
            ground.reason,
            (ground.title_zh if zh else ground.title) or ground.reason,
            " · ".join(filter(None, (cited(ground.article, page.language), page.joined(map(name, ground.stops))))),
        )
        for ground in chosen
    ]


ALWAYS_ALLOWED = ("hearing", "force_majeure")  # whatever the catalogue lists


def _suspensions(case: FormCase) -> Choices:
    opened = case.state.suspensions if case.state else {}
    return [Choice(code, case.sentences.ground(ground)) for code, ground in opened.items()]


def _clocks(case: FormCase) -> Choices:
    """The clocks that the law lets be extended."""
    state, law, name = case.state, case.law, clock_name(case.page)
    mode = state.mode if state else law.modes[0]
    extended = [clock for clock in law.clocks if law.extension(clock, mode)]
    return [Choice(clock, name(clock)) for clock in extended]


def _announced(case: FormCase) -> Choices:
    """The clocks of the law that pages show: the others count for what hangs on their last day alone."""
    name = clock_name(case.page)
    return [Choice(clock, name(clock)) for clock in case.law.clocks if name(clock) != clock]


def _approvers(case: FormCase) -> Choices:
    state, law = case.state, case.law
    mode = state.mode if state else law.modes[0]
    named = dict.fromkeys(
        extension.approver for clock in law.clocks if (extension := law.extension(clock, mode)) is not None
    )
    return [Choice(approver, case.page.words["approver"](approver)) for approver in named]


def _modes(case: FormCase) -> Choices:
    return [Choice(mode, case.sentences.mode(mode)) for mode in case.law.modes]


def _methods(case: FormCase) -> Choices:
    return [Choice(method, case.page.words["method_of"](method)) for method in METHODS]


def _consulted(case: FormCase) -> Choices:
    consultations = case.state.consultations.values() if case.state else ()
    return [Choice(code, case.page.office(code)) for code in dict.fromkeys(each.department for each in consultations)]


def _steps(case: FormCase) -> Choices:
    """The steps at which the reader's department was consulted, or any department where his was not."""
    consultations = case.state.consultations if case.state else {}
    waiting = [each for each in unanswered(consultations) if each.department == case.caller.over]
    steps = dict.fromkeys(each.step for each in waiting or consultations.values())
    unnamed = case.page.words["form_label"]("only_step")
    return [Choice(step, unnamed if step in ("", JOINT_STEP) else step) for step in steps]


def _cards(case: FormCase) -> Choices:
    """The cards that are in force, or were appealed against, as far as the reader may see them."""
    known, access = case.sentences.known, case.access
    return [
        Choice(code, known.cards.get(code) or case.named(signal.item), case.named(signal.item))
        for code, signal in case.project.signals.items()
        if signal.rung is Rung.CARD
        and not signal.rescinded
        and (not case.item or signal.item == case.item)
        and access.on_department(SUPERVISION, signal.item, signal.department)
    ]


def _orders(case: FormCase) -> Choices:
    known, access = case.sentences.known, case.access
    return [
        Choice(code, known.orders.get(code) or case.named(order.item), case.named(order.item))
        for code, order in case.project.orders.items()
        if not order.answered and access.on_department(SUPERVISION, order.item, order.department)
    ]


def _complaints(case: FormCase) -> Choices:
    filed = {entry.fact.complaint: entry for entry in case.history if isinstance(entry.fact, ComplaintFiled)}
    return [
        Choice(code, _short(case, filed[code]) if code in filed else case.named(complaint.item))
        for code, complaint in case.project.complaints.items()
        if not complaint.closed and case.access.on_department(FEEDBACK, complaint.item, complaint.department)
    ]


def _evaluations(case: FormCase) -> Choices:
    return [
        Choice(code, case.named(evaluation.item), case.page.office(evaluation.department))
        for code, evaluation in case.project.evaluations.items()
        if evaluation.bad
        and not evaluation.closed
        and case.access.on_department(FEEDBACK, evaluation.item, evaluation.department)
    ]


def _short(case: FormCase, entry: ShownEntry) -> str:
    """An entry in one short line."""
    sentence = plain(case.sentences.tell(entry.fact))
    short = sentence if len(sentence) <= LABEL_CHARACTERS_MAX else f"{sentence[:LABEL_CHARACTERS_MAX]}…"
    return f"#{entry.version} {short}"


def _entries(case: FormCase) -> Choices:
    """The entries that the reader sees, the newest first; of the item alone where the address names one."""
    about = [
        entry
        for entry in case.history
        if not entry.retracted and (not case.item or getattr(entry.fact, "item", "") == case.item)
    ]
    return [
        Choice(str(entry.version), _short(case, entry), plain(case.page.local(entry.amended_to or entry.occurred_at)))
        for entry in reversed(about)
    ]


def _contacts(case: FormCase) -> Choices:
    """The acts on the item by those who serve, each of which can be evaluated by itself."""
    return [
        Choice(str(entry.version), _short(case, entry))
        for entry in reversed(case.history)
        if not entry.retracted and entry.actor.role in WHO_SERVES and getattr(entry.fact, "item", "") == case.item
    ]


def _provided(case: FormCase) -> Choices:
    return [Choice(paper, paper) for paper in (case.state.missing if case.state else ())]


def _required(case: FormCase) -> Choices:
    papers = case.service.materials if case.service else ()
    words = case.page.words["form_label"]
    return [
        Choice(paper.material_name, paper.material_name, words("needed" if paper.is_need else "if_any"))
        for paper in papers
    ]


def _files(case: FormCase) -> Choices:
    """The files of items whose papers the reader may see."""
    names = case.sentences.known.files
    return [
        Choice(digest, names.get(digest, digest[:12]), _attached_to(case, file))
        for digest, file in case.project.materials.items()
        if any(case.access.on_item(MATERIALS, code) for code in file.items)
    ]


def _attached_to(case: FormCase, file: Material) -> str:
    return case.page.joined(case.named(code) for code in file.items)


def _laws(case: FormCase) -> Choices:
    return [Choice(law, law_title(law, case.page.language)) for law in case.laws.ids]


def _specials(case: FormCase) -> Choices:
    zh = case.page.language == "zh"
    specials = case.context.law.specials.items()
    return [Choice(code, special.title_zh if zh else special.title) for code, special in specials]


def _flows(case: FormCase) -> Choices:
    """Published flows, called by the phases of their newest edition."""
    arrow, flows = " → ", case.approvals.shelves.shelf.flows.values()
    return [
        Choice(flow.name, arrow.join(case.page.called(phase.name) or phase.code for phase in flow.edition().phases))
        for flow in flows
        if flow.editions
    ]


def _kinds(case: FormCase) -> Choices:
    """The kinds of project that the newest edition of a flow is for; of the project's own flow, once it has one."""
    kinds = dict.fromkeys(kind for flow in _own_flows(case) for kind in flow.edition().kinds)
    return [Choice(kind, case.page.words["kind_of"](kind)) for kind in kinds]


def _own_flows(case: FormCase) -> list[Flow]:
    """The project's flow; every published flow as long as it has none."""
    own = case.project.flow
    flows = case.approvals.shelves.shelf.flows.values()
    return [flow for flow in flows if flow.editions and (own is None or flow.name == own.flow)]


def _editions(case: FormCase) -> Choices:
    """The newest edition, and those of the project's own flow by number; of every flow before it has one."""
    words = case.page.words["form_label"]
    numbers = sorted({edition.number for flow in _own_flows(case) for edition in flow.editions})
    return [
        Choice("0", words("newest")),
        *(Choice(str(number), words("edition").format(number)) for number in numbers),
    ]


def _categories(case: FormCase) -> Choices:
    zh = case.page.language == "zh"
    return [Choice(category.id, category.zh if zh else category.en) for category in FORM]


def _undecided(case: FormCase) -> Choices:
    """The items that files can still be attached to come first."""
    ordered = sorted(case.project.items.items(), key=lambda pair: pair[1].stage in OVER_STAGES)
    stage = case.page.words["stage"]
    return [Choice(code, case.named(code), stage(item.stage.value)) for code, item in ordered]


SOURCES: Mapping[str, Callable[[FormCase], Choices]] = {
    "item": _items,
    "item.department": _all_departments,
    "item.participants": _all_departments,
    "item.requires": _items,
    "item.mode": _modes,
    "item.special": _specials,
    "attach_material.items": _undecided,
    "detach_material.items": _items,
    "departments": _other_departments,
    "department": _all_departments,
    "issue_card.department": _all_departments,
    "continue_countersignature.department": _consulted,
    "recall_countersignature.department": _consulted,
    "keep_opinion.department": _consulted,
    "to": _other_departments,
    "upper": _other_departments,
    "countersign.step": _steps,
    "continue_countersignature.step": _steps,
    "recall_countersignature.step": _steps,
    "forward_countersignature.step": _steps,
    "keep_opinion.step": _steps,
    "suspend_clock.ground": _grounds,
    "suspension": _suspensions,
    "extend_limit.clock": _clocks,
    "announce_date.clock": _announced,
    "extend_limit.approver": _approvers,
    "mode": _modes,
    "method": _methods,
    "card": _cards,
    "order": _orders,
    "complaint": _complaints,
    "evaluation": _evaluations,
    "version": _entries,
    "entries": _entries,
    "evaluate_service.contact": _contacts,
    "provided": _provided,
    "materials": _required,
    "digest": _files,
    "law": _laws,
    "renews.item": _licences,
    "flow": _flows,
    "kind": _kinds,
    "edition": _editions,
    "category": _categories,
}
