"""What happened, in a sentence: every fact in the words of a page, with what else it holds beneath."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from markupsafe import Markup, escape
from msgspec import Struct

from api.acts.chapters import TRUTHS
from api.html.citations import cited
from api.html.clock_names import clock_name
from api.html.codes import district_named, industry_named
from api.html.links import card_link, consulted_name
from api.html.numbers import COMPLAINT, LETTERS, ORDER, SUPERVISION, level_of, numbered
from api.html.page import PageContext
from api.html.titles import clock_unit, grounds
from api.html.translations import TABLES
from api.web.entries import ShownEntry
from domain.access.principal import Grant, PrincipalKind
from domain.core.ledger import Role
from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome
from domain.law.licensing.countersign import COUNTERSIGN
from domain.law.licensing.review import COMMITMENT
from domain.law.office import IntakeHours
from domain.law.proof import ClockProof, Colour
from domain.messages import AnyFact, tag_of
from domain.project.application.acceptance import ItemAccepted
from domain.project.application.submission import ItemSubmitted
from domain.project.application.suspension import ClockSuspended
from domain.project.countersignature.rules import JOINT_STEP, CountersignatureAsked
from domain.project.external.results import KeptResult
from domain.project.feedback.complaint import ComplaintFiled
from domain.project.feedback.evaluation import AppealGround, Channel, Grade
from domain.project.information.form import CATEGORIES, FORM, Sort
from domain.project.information.recording import KnownField
from domain.project.materials.attachment import MaterialAttached
from domain.project.state.consultation import Answer, Opinion
from domain.project.state.feedback import Satisfied
from domain.project.state.project import ExternalResult, Licence
from domain.project.supervision.appeals import SupervisionOrdered, Verdict
from infrastructure.law.lawbook import law_book
from projections.clocks.nodes import modes_with
from projections.clocks.reading import WORKING_DAY
from projections.information.fold import CONTACTS
from projections.personal_reads import INFORMATION, NO_TEXT, note_fact, note_project
from projections.supervision.card_case_file import card_in

PLURAL = re.compile(r"^( [a-z]+)s\b")  # the noun after a number
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # embeddings, overrides and isolates (UAX 9)
PART, FIELD = re.compile(r"\[([^\]]*)\]|([^\[\]]+)"), re.compile(r"\{(\w+)\}")
OFFICES = frozenset({"department", "to", "sender", "upper", "forwarded_from", "line", "overridden"})
DAYS = frozenset({"limit", "promise_days", "cure_days", "days"})  # in the unit that their clock counts in
# Fields of a fact that are left out: shown elsewhere in the line, or of use to programs alone, which read the whole
# fact in GET /v1/projects/{id}/history.
HIDDEN = frozenset(
    {"item", "suspension", "digest", "complaint", "evaluation", "catalogue", "flow", "law", "unit", "rule", "calendar"}
    | {"contact", "seen", "particulars", "service", "task_code", "steps", "notice", "bad", "org_code", "media_type"}
    | {"catalogue_edition", "activity"}
)
# The table of words for each closed set of values.
WORDS: Mapping[type[StrEnum], str] = {
    Outcome: "outcome",
    Opinion: "opinion_of",
    Grade: "grade_of",
    Channel: "channel_of",
    KeptResult: "kept_of",
    Verdict: "verdict_of",
    Colour: "level_of",
    Satisfied: "satisfied",
    AppealGround: "appeal_ground",
    Mode: "mode_of",
    Role: "role",
    PrincipalKind: "principal_kind",
}


FORM_FIELDS = {field.key: field for category in FORM for field in category.fields}
CONTACT_FIELDS = frozenset(field.key for category in FORM if category.id == CONTACTS for field in category.fields)
NAMED = {Sort.DISTRICT: district_named, Sort.INDUSTRY: industry_named}
YES_NO = (TABLES["truth"]["yes"], TABLES["truth"]["no"])


class Detail(Struct, frozen=True):
    """One thing that a fact holds: what it is called, and what it says."""

    label: str
    value: str


class SentenceContext(Struct, frozen=True):
    """What a sentence needs of the other entries of its project: how cards, orders, complaints, files are called."""

    cards: dict[str, str] = {}
    orders: dict[str, str] = {}
    complaints: dict[str, str] = {}
    files: dict[str, str] = {}
    grounds: dict[str, str] = {}
    units: dict[str, str] = {}  # of items, as they were last accepted
    laws: dict[str, str] = {}  # of items, as they were last applied for

    @classmethod
    def of(cls, entries: Sequence[ShownEntry]) -> SentenceContext:
        """From all *entries* of one project, in their order."""
        known = cls({}, {}, {}, {}, {}, {}, {})
        for entry in entries:
            fact = entry.fact
            if card := card_in(fact):
                known.cards[card] = numbered(SUPERVISION, entry.occurred_at, LETTERS[level_of(fact)], entry.position)
            match fact:
                case SupervisionOrdered(order=order):
                    known.orders[order] = numbered(ORDER, entry.recorded_at, "", entry.position)
                case ComplaintFiled(complaint=complaint):
                    known.complaints[complaint] = numbered(COMPLAINT, entry.occurred_at, "", entry.position)
                case MaterialAttached(digest=digest, name=name):
                    known.files[digest] = name
                case ClockSuspended(suspension=suspension, ground=ground):
                    known.grounds[suspension] = ground
                case ItemSubmitted(item=item, law=law):
                    known.laws[item] = law
                case ItemAccepted(item=item, unit=unit, law=law):
                    known.units[item], known.laws[item] = unit, law
        return known


class Sentences:
    """Sentences for the facts of one *project* in the language of *page*; *names* are those of its items."""

    def __init__(self, page: PageContext, project: UUID, known: SentenceContext, names: Mapping[str, str]) -> None:
        self.page, self.words, self.known, self.names = page, page.words, known, names
        self.project, self.is_zh = project, page.language == "zh"
        self.clock, self.card_link = clock_name(page), card_link(page)

    def tell(self, fact: AnyFact) -> str:
        """The sentence of *fact*, with links to the cards that it is about."""
        sentence = self.words["sentence"](tag_of(fact))
        return Markup("").join(self._part(optional, always, fact) for optional, always in PART.findall(sentence))

    def details(self, fact: AnyFact) -> list[Detail]:
        """Everything that *fact* holds and a person can read, by its name; its links are in the sentence."""
        note_fact(self.project, fact)
        values = [(name, plain(self.in_words(name, getattr(fact, name), fact))) for name in fact.__struct_fields__]
        return [Detail(self.words["field"](name), value) for name, value in values if value and name not in HIDDEN]

    def _part(self, optional: str, always: str, fact: AnyFact) -> str:
        """One part of a sentence, filled in; empty where it is *optional* and a field in it has no value."""
        text, filled, is_single = FIELD.split(optional or always), [], False
        for nth, piece in enumerate(text):
            if not nth % 2:  # texts and names in turn
                filled.append(escape(PLURAL.sub(r"\1", piece) if is_single else piece))
                continue
            value = self.value(piece, fact)
            is_single = value == "1" and not self.is_zh and piece.endswith("_count")
            if optional and not value:
                return ""
            filled.append(isolated(value or self.label("not_said")))
        return Markup("").join(filled)

    def value(self, name: str, fact: AnyFact) -> str:
        """What {*name*} is replaced by: a field in words, or what is made of several."""
        made = MADE.get(name)
        if made is not None:
            return made(self, fact)
        if name.endswith("_count"):
            return str(len(getattr(fact, name.removesuffix("_count"))) or "")
        return self.in_words(name, getattr(fact, name), fact)

    def in_words(self, name: str, value: Any, fact: AnyFact) -> str:
        """*value*, which the field *name* of *fact* holds, in words; empty where it says nothing."""
        if isinstance(value, bool):
            pair = TRUTHS.get(f"{tag_of(fact)}.{name}") or TRUTHS.get(name) or YES_NO
            return pair[not value][not self.is_zh]
        if value in (None, 0, "", ()):
            return ""
        if name in SPECIAL and isinstance(value, str | int) and not isinstance(value, StrEnum):
            return SPECIAL[name](self, value, fact)
        if isinstance(value, tuple | list):
            return self.joined([self.in_words(name, part, fact) for part in value])
        return self._plain(name, value, fact)

    def _plain(self, name: str, value: Any, fact: AnyFact) -> str:
        if isinstance(value, StrEnum):
            return self.words[WORDS[type(value)]](value.value)
        if isinstance(value, datetime):
            return self.page.local(value)
        if isinstance(value, Struct):
            return self._struct(value)
        if name in DAYS and isinstance(value, int):
            return self.page.quantity(value, self.unit_of(name, fact))
        if name in OFFICES:
            return self.office(value)
        return str(value)

    def _struct(self, value: Struct) -> str:
        """What a part of a fact says."""
        match value:
            case ExternalResult():
                parts = (self.words["outcome"](value.outcome.value), value.document_number, value.document_on)
                return self.joined([str(part) for part in parts if part])
            case Answer():
                opinion = self.words["opinion_of"](value.opinion.value) if value.opinion else ""
                return f"{self.page.office(value.department)}{self.colon}{opinion or self.words['label']('not_said')}"
            case KnownField():
                return self._field(value)
            case ClockProof():
                return self._proof(value)
            case Grant(role=role, over=over):
                return self.joined([self.words["role"](role.value), self.page.office(over) if over else ""])
        return self._named(value)

    def _named(self, value: Struct) -> str:
        match value:
            case PlannedItem():
                return self.names.get(value.item) or self.page.called(value.name) or value.item
            case Licence():
                number = value.number or self.names.get(value.item, value.item)
                return self.joined([number, f"{self.words['field']('valid_through')}{self.colon}{value.valid_through}"])
            case IntakeHours():
                return self.words["of_hours"](value.intake_shift).format(value.close_of_business)
        return self.page.called(str(getattr(value, "name", "") or getattr(value, "task_name", "")))

    def _field(self, value: KnownField) -> str:
        form = FORM_FIELDS.get(value.key)
        if form is None:
            return ""
        text = form.options.get(value.value, (value.value, value.value))[not self.is_zh]
        if form.sort in NAMED:
            text = NAMED[form.sort](value.value, self.page.language)
        elif form.sort is Sort.PHONE:
            text = ""  # whom to call is shown on the page of the information itself
        if text and value.key in CONTACT_FIELDS and text not in NO_TEXT:
            note_project(INFORMATION, self.project)
        return f"{form.zh if self.is_zh else form.en}{self.colon if text else ''}{text}{value.unit if text else ''}"

    def field_text(self, value: KnownField) -> str:
        """A field of the information base with its value, empty where the form has no such field."""
        return self._field(value)

    def _proof(self, proof: ClockProof) -> str:
        bureau = self.words["bureau"]
        terms = (
            (bureau("clock"), self.clock(proof.clock)),
            (bureau("started"), str(proof.started_on)),
            (bureau("due"), str(proof.due_on)),
            (bureau("article"), cited(proof.article, self.page.language)),
            (bureau("evidence"), ", ".join(map(str, proof.evidence))),
        )
        semicolon = self.words["punctuation"]("semicolon")
        return semicolon.join(f"{term}{self.colon}{value}" for term, value in terms if value)

    @property
    def colon(self) -> str:
        """The separator between a name and its value."""
        return self.words["punctuation"]("colon")

    def unit_of(self, name: str, fact: AnyFact) -> str:
        """The unit of the days that the field *name* of *fact* holds: a promise, or a day for papers, has its own."""
        if name == "cure_days":
            return WORKING_DAY
        law: str = getattr(fact, "law", "") or self.known.laws.get(getattr(fact, "item", ""), "")
        return (name == "promise_days" and clock_unit(law, COMMITMENT.name)) or self.unit(fact)

    def unit(self, fact: AnyFact) -> str:
        """The unit in which the days of *fact* are counted: its own, that of its clock, or of its item's decision."""
        item = getattr(fact, "item", "")
        own: str = getattr(fact, "unit", "")
        if isinstance(fact, CountersignatureAsked):
            own = clock_unit(self.known.laws.get(item, ""), COUNTERSIGN.name)
        return own or self.known.units.get(item, WORKING_DAY)

    def joined(self, parts: Sequence[str]) -> str:
        """*parts* one after the other, without those that are empty."""
        return self.page.joined(part for part in parts if part)

    def linked(self, card: str) -> str:
        """The number of *card*, with the way to its page for those who may read cards."""
        number = self.known.cards.get(card) or self.words["bureau"]("card")
        if not self.page.may_read("supervision"):
            return number
        return Markup('<a href="{}" class="number">{}</a>').format(self.card_link(self.project, card), number)

    def of_proof(self, fact: AnyFact, name: str) -> str:
        """What the proof of a warning or card says of its clock; empty where it came by hand."""
        proof: ClockProof | None = getattr(fact, "proof", None)
        if proof is None:
            return ""
        if name == "remaining":
            return self.page.quantity(proof.remaining, clock_unit(proof.rule, proof.clock) or WORKING_DAY)
        if name == "article":
            return cited(proof.article, self.page.language)
        return self.clock(proof.clock) if name == "clock" else str(proof.due_on)

    def office(self, consulted: str) -> str:
        """What the department *consulted* is called, with the step where it was consulted at one."""
        return consulted_name(self.page, consulted)

    def mode(self, key: str) -> str:
        """What a mode of handling is called: in our own words, else in those of the law pack that has it."""
        translated = self.words["mode_of"](key)
        if translated != key:
            return translated
        title = next(mode for mode in modes_with([key], law_book().packs) if mode.key == key)
        return title.title_zh if self.is_zh else title.title

    def ground(self, reason: str) -> str:
        """What the ground *reason* of a suspension is called."""
        return grounds(self.page.language).get(reason, reason)

    def label(self, name: str) -> str:
        """A word of the pages."""
        return self.words["label"](name)


def isolated(value: str) -> Markup:
    """*value* escaped. Characters in it that turn the direction of writing end with it: what follows stays readable."""
    safe = escape(value)
    return Markup("<bdi>{}</bdi>").format(safe) if TURNING.search(value) else safe


def plain(value: str) -> str:
    """*value* without links and times marked up."""
    return value.striptags() if isinstance(value, Markup) else value


# What is made of several fields, or of the entries around a fact.
MADE: Mapping[str, Callable[[Sentences, Any], str]] = {
    "basis": lambda sentences, fact: sentences.of_proof(fact, "article"),
    "changed": lambda sentences, fact: sentences.joined(
        [sentences.words["of_person"](name) for name in fact.particulars.filled()]
    ),
    "clock": lambda sentences, fact: sentences.of_proof(fact, "clock") or sentences.clock(getattr(fact, "clock", "")),
    "detached": lambda sentences, fact: sentences.known.files.get(fact.digest, ""),
    "due_on": lambda sentences, fact: sentences.of_proof(fact, "due_on"),
    "finding": lambda sentences, fact: (
        sentences.in_words("partly", fact.partly, fact) or sentences.in_words("upheld", fact.upheld, fact)
    ),
    "noted": lambda _, fact: fact.label or fact.activity,
    "person": lambda _, fact: fact.particulars.name or "",
    "planned": lambda sentences, fact: sentences.page.office(fact.plan.department),
    "remaining": lambda sentences, fact: sentences.of_proof(fact, "remaining"),
    "serving": lambda _, fact: fact.service.dept_name or fact.service.dept_code,
    "suspended_for": lambda sentences, fact: sentences.ground(sentences.known.grounds.get(fact.suspension, "")),
    "titled": lambda _, fact: fact.title or fact.notice,
    "verified": lambda sentences, fact: (
        f"{sentences.label('verified')} {fact.verified_on}" if fact.verified_on else sentences.label("not_verified")
    ),
}
# Fields whose texts are codes: codes of grounds, clocks, steps and so on.
SPECIAL: Mapping[str, Callable[[Sentences, Any, Any], str]] = {
    "before": lambda sentences, value, _: sentences.mode(value),
    "approver": lambda sentences, value, _: sentences.words["approver"](value),
    "article": lambda sentences, value, _: cited(value, sentences.page.language),
    "card": lambda sentences, value, _: sentences.linked(value),
    "clock": lambda sentences, value, _: sentences.clock(value),
    "complaint": lambda sentences, value, _: sentences.known.complaints.get(value, ""),
    "category": lambda sentences, value, _: CATEGORIES[value].zh if sentences.is_zh else CATEGORIES[value].en,
    "days": lambda sentences, value, fact: (
        sentences.page.quantity(value, sentences.unit(fact)) if isinstance(value, int) else ""
    ),
    "ground": lambda sentences, value, _: sentences.ground(value),
    "items": lambda sentences, value, _: sentences.names.get(value, value) if isinstance(value, str) else str(value),
    "kind": lambda sentences, value, _: sentences.words["kind_of"](value),
    "kinds": lambda sentences, value, _: sentences.words["kind_of"](value),
    "late": lambda sentences, value, _: sentences.names.get(value, value),
    "mode": lambda sentences, value, _: sentences.mode(value),
    "method": lambda sentences, value, _: sentences.words["method_of"](value),
    "order": lambda sentences, value, _: sentences.known.orders.get(value) or sentences.words["bureau"]("order"),
    "stops": lambda sentences, value, _: sentences.clock(value),
    "step": lambda _, value, __: "" if value == JOINT_STEP else str(value),
}
