"""会签 what an item remembers of countersignatures: who was asked in which round, who stands in line, who answered."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, structs


class Opinion(StrEnum):
    """What a countersigning department answered."""

    AGREED = "agreed"
    AGREED_WITH_CONDITIONS = "agreed_with_conditions"
    OBJECTED = "objected"


class Answer(Struct, frozen=True, gc=False):
    """One department's opinion as recorded. Facts hold it: never narrowed.

    *opinion* is None where it did not answer. *deemed*: silence counts as agreement, by *article* (默认同意).
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
    """One department asked for its countersignature at one step, and what it answered.

    *given* is the round of its opinion. *limit* is in the law's days, by *article*; *times* counts how often it was
    asked. *line* are the departments that are asked one after the other, this one among them; empty where all were
    asked at once. *stale*: the application changed since. *kept*: the lead department said that the change left the
    answer as it was. *earlier* are its answers of earlier rounds, which no longer count.
    """

    department: str
    step: str
    opinion: Opinion | None = None
    round: int = 1
    given: int = 0
    conditions: tuple[str, ...] = ()
    reasons: str = ""
    limit: int = 0
    article: str = ""
    times: int = 0
    line: tuple[str, ...] = ()
    deemed: str | None = None  # the article by which silence is consent
    stale: bool = False
    kept: bool = False
    recalled: bool = False
    forwarded_to: str = ""
    forwarded_from: str = ""
    asked_in: int = 0  # the version of the entry that asked
    earlier: tuple[Answer, ...] = ()

    @property
    def key(self) -> str:
        """Under which name the item keeps it."""
        return key_of(self.department, self.step)

    @property
    def clock(self) -> str:
        """The name of its clock: each asking of a department at a step has one of its own."""
        step = self.step if self.times <= 1 else f"{self.step}#{self.times}"
        return f"countersign:{self.department}/{step}" if step else f"countersign:{self.department}"

    @property
    def answer(self) -> Answer:
        """Its opinion, as it is told."""
        told = (self.department, self.step, self.given or self.round, self.opinion)
        if self.deemed is not None:
            return Answer(*told, deemed=True, article=self.deemed)
        return Answer(*told, self.conditions, self.reasons)

    @property
    def skipped(self) -> bool:
        """Whether the line goes past it: nothing is asked of it, or nothing new."""
        return self.recalled or self.kept


class Consolidated(Struct, frozen=True, gc=False):
    """综合意见: the lead department's own opinion, and those of the departments that it sums up."""

    text: str
    conditions: tuple[str, ...]
    opinions: tuple[Answer, ...]
    override_reasons: str = ""


Consultations = dict[str, Consultation]  # by "department/step", in the order of asking


def key_of(department: str, step: str) -> str:
    """Under which name an item keeps the consultation of *department* at *step*."""
    return f"{department}/{step}"


def handed_on(consultations: Consultations, asked: Consultation) -> bool:
    """Whether another department answers in its place."""
    return bool(asked.forwarded_to) and key_of(asked.forwarded_to, asked.step) in consultations


def after(asked: Consultation) -> tuple[str, ...]:
    """The departments behind it in its line."""
    line = asked.line
    return line[line.index(asked.department) + 1 :] if asked.department in line else ()


def next_in_line(consultations: Consultations, asked: Consultation) -> str:
    """Whom to ask when the line goes on from *asked*; empty at its end, and where it went on before."""
    for department in after(asked):
        other = consultations.get(key_of(department, asked.step))
        if other is None or other.round < asked.round:
            return department
        if not other.skipped:
            return ""
    return ""


def queue(consultations: Consultations) -> dict[str, tuple[str, str, Consultation]]:
    """Who is still to be asked, by key: department, step, and the one in the line it waits for."""
    waiting: dict[str, tuple[str, str, Consultation]] = {}
    if not any(asked.line for asked in consultations.values()):
        return waiting
    for asked in sorted(consultations.values(), key=lambda one: -one.round):
        if asked.key in waiting or asked.recalled or handed_on(consultations, asked):
            continue
        before = asked
        for department in after(asked):
            key = key_of(department, asked.step)
            other = consultations.get(key)
            if other is None or other.round < asked.round:
                waiting.setdefault(key, (department, asked.step, before))
            elif not other.skipped:
                before = other
    return waiting


def standing(consultations: Consultations) -> list[Consultation]:
    """The consultations that count: not taken back, not handed on, and not to be asked again."""
    waiting = queue(consultations)
    return [
        asked
        for asked in consultations.values()
        if asked.key not in waiting and not asked.recalled and not handed_on(consultations, asked)
    ]


def unanswered(consultations: Consultations) -> list[Consultation]:
    """Those asked that owe an answer, in the order of asking."""
    return [asked for asked in standing(consultations) if asked.opinion is None and not asked.stale]


def against(consultations: Consultations) -> tuple[str, ...]:
    """The departments (with their step) that have not agreed: silent, objecting, or still to be asked."""
    lacking = [one for one in opinions(consultations) if one.opinion is None or one.opinion is Opinion.OBJECTED]
    return tuple(f"{one.department}{f' ({one.step})' if one.step else ''}" for one in lacking)


def opinions(consultations: Consultations) -> tuple[Answer, ...]:
    """Everybody's opinion that counts, in the order of asking; None where there is none, or none any more."""
    if not consultations:
        return ()
    asked_so_far = [
        structs.replace(asked.answer, opinion=None, conditions=(), reasons="") if asked.stale else asked.answer
        for asked in standing(consultations)
    ]
    waiting = queue(consultations).values()
    return (*asked_so_far, *(Answer(department, step, before.round, None) for department, step, before in waiting))


def circulation(consultations: Consultations) -> list[tuple[Consultation, tuple[str, ...]]]:
    """What has to be asked when all are asked anew: each line, or one department alone, with one of its questions."""
    covered: set[str] = set()
    found: list[tuple[Consultation, tuple[str, ...]]] = []
    for asked in reversed(consultations.values()):
        if asked.recalled or asked.key in covered or handed_on(consultations, asked):
            continue
        keys = {key_of(department, asked.step): department for department in asked.line or (asked.department,)}
        wanted = [
            department
            for key, department in keys.items()
            if key not in covered and not (key in consultations and consultations[key].recalled)
        ]
        covered.update(keys)
        found.append((asked, tuple(wanted)))
    return found[::-1]


def chain(consultations: Consultations, asked: Consultation) -> set[str]:
    """The departments through whose hands the question came to it, itself among them."""
    found = {asked.department}
    before = consultations.get(key_of(asked.forwarded_from, asked.step))
    while before is not None and before.department not in found:
        found.add(before.department)
        before = consultations.get(key_of(before.forwarded_from, before.step))
    return found


def named(step: str) -> str:
    """How a sentence speaks of *step*: nothing where there is only one."""
    return f" at the step {step}" if step else ""
