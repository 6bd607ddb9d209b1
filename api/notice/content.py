"""监察通知书 the notice of a warning or card: everything that the paper names, the same for the page and the PDF."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from msgspec import Struct

from api.guard.judging import ProjectAccess
from api.html.citations import cited
from api.html.numbers import card_number
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences, plain
from api.html.titles import rule_title
from api.supervision.card_file import ClockSource, ShownCard, card_shown
from api.supervision.card_view import HeldPart, card_sentence, held_parts
from api.supervision.requests import CardId
from api.supervision.view_models import held
from api.web.entries import ShownEntry, shown
from api.web.zones import zone_of
from domain.core.ledger import Role
from domain.law.calendar.moment import local_day
from domain.messages import Entry
from domain.project.supervision.appeals import SupervisionOrdered
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.progress.titles import names_of
from projections.supervision.fold import VOID


class NoticeEvidence(Struct, frozen=True):
    """One entry that the notice rests on, in a sentence: when, by which department or in which role, its version."""

    sentence: str
    at: str
    by: str
    version: int


class NoticeTerm(Struct, frozen=True):
    """An order because of the card: its number, what to do, and the last day to report on it."""

    order: str
    about: str
    feedback_by: date


class SupervisionNotice(Struct, frozen=True):
    """What a notice names. *quote* are the law's own words, in the language *quoted_in*; empty where none are kept.

    *standing* is false where the card was rescinded or revoked: the notice then says that it no longer counts.
    """

    number: str
    level: str
    title: str
    addressee: str
    sentence: str
    project: str
    item: str
    facts: list[tuple[str, str]]
    evidence: list[NoticeEvidence]
    held: list[HeldPart]
    article: str
    quote: str
    quoted_in: str
    terms: list[NoticeTerm]
    standing: bool
    state: str
    day: date
    card: ShownCard


async def notice(
    *,
    project_id: FromPath[UUID],
    card: CardId,
    page: NamedDependency[PageContext],
    entries: NamedDependency[list[Entry]],
    instant: NamedDependency[datetime],
    clock_source: NamedDependency[ClockSource],
    laws: NamedDependency[LawBook],
    approvals: NamedDependency[Approvals],
    project_access: NamedDependency[ProjectAccess],
) -> SupervisionNotice:
    """The notice of the card in the address. Raises Problem not-found, access-denied."""
    file = await card_shown(clock_source, entries, card, instant, project_access)
    page = page.under(file.rule)
    names = await names_of(approvals.store, [project_id])
    lines = SentenceContext.of(shown(entries, project_access.caller, traced=False))
    sentences = Sentences(page, project_id, lines, names.of(project_id, page.called))
    signal, words = file.signal, page.words
    article, quote, quoted_in = _basis(page, file)
    return SupervisionNotice(
        number=card_number(signal),
        level=signal.level,
        title=words["notice_title"](signal.level),
        addressee=page.office(signal.department),
        sentence=plain(card_sentence(page, file)),
        project=_named(names.project(project_id), names.codes.get(project_id, ""), page),
        item=page.called(names.item(project_id, signal.item)),
        facts=_facts(page, file, sentences),
        evidence=[_evidence(page, sentences, entry) for entry in file.evidence],
        held=held_parts(held(entries, laws, signal)),
        article=article,
        quote=quote,
        quoted_in=quoted_in,
        terms=[_term(lines, entry.fact) for entry in file.thread if isinstance(entry.fact, SupervisionOrdered)],
        standing=signal.state not in VOID,
        state=words["fate_of"](signal.state),
        day=local_day(signal.told_at, zone_of(page.law).key),
        card=file,
    )


NOTICE_SOURCE = {"notice": Provide(notice)}


def _named(name: str, code: str, page: PageContext) -> str:
    if code in ("", name):
        return name
    return page.words["punctuation"]("brackets").format(name, code)


def _basis(page: PageContext, file: ShownCard) -> tuple[str, str, str]:
    """The article, the law's words and their language; all empty for a card given by hand."""
    if file.proof is None:
        return "", "", ""
    quoted = [rule for rule in file.days.authorities if rule.article == file.proof.article] if file.days else []
    quote = next((rule.quote for rule in quoted if rule.quote), "")
    return cited(file.proof.article, page.language), quote, file.days.language if file.days else ""


def _facts(page: PageContext, file: ShownCard, sentences: Sentences) -> list[tuple[str, str]]:
    """The counting in figures; none for a card given by hand."""
    proof, bureau = file.proof, page.words["bureau"]
    if proof is None:
        return []
    length = "" if proof.length is None else page.quantity(proof.length, file.unit)
    facts = (
        (page.words["rule_column"]("clock"), sentences.clock(proof.clock)),
        (bureau("started"), str(proof.started_on)),
        (page.words["rule_column"]("limit"), length),
        (bureau("due"), str(proof.due_on)),
        (bureau("rule"), rule_title(proof.rule, page.language)),
        (bureau("calendar"), proof.calendar),
    )
    return [(term, text) for term, text in facts if text]


def _evidence(page: PageContext, sentences: Sentences, entry: ShownEntry) -> NoticeEvidence:
    actor = entry.actor
    by = page.office(actor.department) if actor.department else page.words["role"](actor.role.value)
    if actor.role is Role.APPLICANT:
        by = page.words["role"](actor.role.value)  # the enterprise's code says nothing to the department
    at = plain(page.local(entry.amended_to or entry.occurred_at))
    return NoticeEvidence(plain(sentences.tell(entry.fact)), at, by, entry.version)


def _term(lines: SentenceContext, fact: SupervisionOrdered) -> NoticeTerm:
    return NoticeTerm(lines.orders.get(fact.order, ""), fact.about, fact.feedback_by)
