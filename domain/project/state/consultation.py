"""会签 state of an item's countersignatures: requests by round and sequence, and the answers."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, structs


class Opinion(StrEnum):
    """The opinion of a countersigning department."""

    AGREED = "agreed"
    AGREED_WITH_CONDITIONS = "agreed_with_conditions"
    OBJECTED = "objected"


class Answer(Struct, frozen=True, gc=False):
    """One department's opinion as recorded. Stored in facts: never narrowed.

    *opinion* is None without an answer. *deemed*: silence counts as agreement, by *article* (默认同意).
    """

    department: str
    step: str
    round: int
    opinion: Opinion | None
    conditions: tuple[str, ...] = ()
    reasons: str = ""
    deemed: bool = False
    article: str = ""


class Consultation(Struct):
    """One department consulted at one step (会签), and its answer.

    *answered_round* is that of its opinion. *limit* is in the law's days, by *article*; *times* counts the requests
    sent to it. *line* lists the departments consulted one after the other, this one among them; empty where all were
    consulted at once. *stale*: the application has changed since. *opinion_kept*: the lead department found that the
    change leaves the answer as it was. *earlier*: answers of earlier rounds, which no longer count.
    """

    department: str
    step: str
    opinion: Opinion | None = None
    round: int = 1
    answered_round: int = 0
    conditions: tuple[str, ...] = ()
    reasons: str = ""
    limit: int = 0
    article: str = ""
    times: int = 0
    line: tuple[str, ...] = ()
    deemed: str | None = None  # the article by which silence is consent
    stale: bool = False
    opinion_kept: bool = False
    recalled: bool = False
    forwarded_to: str = ""
    forwarded_from: str = ""
    request_version: int = 0  # the version of the entry with the request
    earlier: tuple[Answer, ...] = ()

    @property
    def key(self) -> str:
        """Its key among the item's consultations."""
        return key_of(self.department, self.step)

    @property
    def clock(self) -> str:
        """The name of its clock: each request to a department at a step has its own."""
        step = self.step if self.times <= 1 else f"{self.step}#{self.times}"
        return f"countersign:{self.department}/{step}" if step else f"countersign:{self.department}"

    @property
    def answer(self) -> Answer:
        """Its opinion, as recorded in facts."""
        common = (self.department, self.step, self.answered_round or self.round, self.opinion)
        if self.deemed is not None:
            return Answer(*common, deemed=True, article=self.deemed)
        return Answer(*common, self.conditions, self.reasons)

    @property
    def skipped(self) -> bool:
        """Whether the sequence passes over it: it was recalled, or its earlier opinion confirmed."""
        return self.recalled or self.opinion_kept


class Consolidated(Struct, frozen=True, gc=False):
    """综合意见: the lead department's consolidated opinion, and the opinions it covers."""

    text: str
    conditions: tuple[str, ...]
    opinions: tuple[Answer, ...]
    override_reasons: str = ""


Consultations = dict[str, Consultation]  # by "department/step", in order of request


def key_of(department: str, step: str) -> str:
    """The key of the consultation of *department* at *step*."""
    return f"{department}/{step}"


def is_forwarded(consultations: Consultations, consultation: Consultation) -> bool:
    """Whether the request was forwarded, so that another department answers."""
    return bool(consultation.forwarded_to) and key_of(consultation.forwarded_to, consultation.step) in consultations


def after(consultation: Consultation) -> tuple[str, ...]:
    """The departments after it in its sequence."""
    line = consultation.line
    return line[line.index(consultation.department) + 1 :] if consultation.department in line else ()


def next_in_line(consultations: Consultations, consultation: Consultation) -> str:
    """The department to ask after *consultation*; empty at the end of the sequence, or if it has been asked."""
    for department in after(consultation):
        other = consultations.get(key_of(department, consultation.step))
        if other is None or other.round < consultation.round:
            return department
        if not other.skipped:
            return ""
    return ""


def queue(consultations: Consultations) -> dict[str, tuple[str, str, Consultation]]:
    """The departments still to be asked, by key: department, step, and the consultation it waits for."""
    waiting: dict[str, tuple[str, str, Consultation]] = {}
    if not any(consultation.line for consultation in consultations.values()):
        return waiting
    for consultation in sorted(consultations.values(), key=lambda each: -each.round):
        if consultation.key in waiting or consultation.recalled or is_forwarded(consultations, consultation):
            continue
        before = consultation
        for department in after(consultation):
            key = key_of(department, consultation.step)
            other = consultations.get(key)
            if other is None or other.round < consultation.round:
                waiting.setdefault(key, (department, consultation.step, before))
            elif not other.skipped:
                before = other
    return waiting


def standing(consultations: Consultations) -> list[Consultation]:
    """The consultations that count: not recalled, not forwarded, and not waiting to be asked again."""
    waiting = queue(consultations)
    return [
        consultation
        for consultation in consultations.values()
        if consultation.key not in waiting
        and not consultation.recalled
        and not is_forwarded(consultations, consultation)
    ]


def unanswered(consultations: Consultations) -> list[Consultation]:
    """Consultations without an answer, in order of request."""
    return [
        consultation
        for consultation in standing(consultations)
        if consultation.opinion is None and not consultation.stale
    ]


def not_agreed(consultations: Consultations) -> tuple[str, ...]:
    """The departments (with their step) that have not agreed: no answer, objecting, or still to be asked."""
    lacking = [
        answer for answer in opinions(consultations) if answer.opinion is None or answer.opinion is Opinion.OBJECTED
    ]
    return tuple(f"{answer.department}{f' ({answer.step})' if answer.step else ''}" for answer in lacking)


def opinions(consultations: Consultations) -> tuple[Answer, ...]:
    """The opinions that count, in order of request; None for a department without a current one."""
    if not consultations:
        return ()
    requested = [
        structs.replace(consultation.answer, opinion=None, conditions=(), reasons="")
        if consultation.stale
        else consultation.answer
        for consultation in standing(consultations)
    ]
    waiting = queue(consultations).values()
    return (*requested, *(Answer(department, step, before.round, None) for department, step, before in waiting))


def circulation(consultations: Consultations) -> list[tuple[Consultation, tuple[str, ...]]]:
    """The requests of a new round: each sequence, or a single department, with one of its consultations."""
    covered: set[str] = set()
    lines: list[tuple[Consultation, tuple[str, ...]]] = []
    for consultation in reversed(consultations.values()):
        if consultation.recalled or consultation.key in covered or is_forwarded(consultations, consultation):
            continue
        keys = {
            key_of(department, consultation.step): department
            for department in consultation.line or (consultation.department,)
        }
        wanted = [
            department
            for key, department in keys.items()
            if key not in covered and not (key in consultations and consultations[key].recalled)
        ]
        covered.update(keys)
        lines.append((consultation, tuple(wanted)))
    return lines[::-1]


def chain(consultations: Consultations, consultation: Consultation) -> set[str]:
    """The departments that forwarded the request to it, and itself."""
    departments = {consultation.department}
    before = consultations.get(key_of(consultation.forwarded_from, consultation.step))
    while before is not None and before.department not in departments:
        departments.add(before.department)
        before = consultations.get(key_of(before.forwarded_from, before.step))
    return departments


def named(step: str) -> str:
    """*step* as a phrase in a sentence; empty for the only step."""
    return f" at the step {step}" if step else ""
