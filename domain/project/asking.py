"""征求会签意见 asking: one department is asked, which several use cases bring about."""

from __future__ import annotations

from domain.ledger import Fact
from domain.project.consultation_state import Consultation, next_in_line
from domain.project.state import Item, Project


class CountersignatureAsked(Fact, frozen=True, tag="countersignature_asked"):
    """One department was asked, at one step, to answer within *limit* days.

    *line* are the departments asked one after the other, this one among them; empty where all are asked at once.
    *reasons*: why it is asked in spite of an objection, or for another department, *forwarded_from* (转报).
    """

    item: str
    department: str
    step: str
    limit: int
    article: str
    round: int = 1
    line: tuple[str, ...] = ()
    reasons: str = ""
    forwarded_from: str = ""

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        asked = Consultation(
            self.department,
            self.step,
            limit=self.limit,
            article=self.article,
            times=1,
            round=self.round,
            line=self.line,
            forwarded_from=self.forwarded_from,
        )
        before = item.consultations.pop(asked.key, None)
        if before is not None:
            asked.times = before.times + 1
            asked.earlier = before.earlier if before.opinion is None else (*before.earlier, before.answer)
            if before.times:  # asked again is another round, also where older entries don't say so
                asked.round = max(self.round, before.round + 1)
        item.consultations[asked.key] = asked
        item.round = max(item.round, asked.round)


def going_on(code: str, item: Item, asked: Consultation, reasons: str = "") -> tuple[CountersignatureAsked, ...]:
    """The question to the next department of the line behind *asked*, none at its end."""
    department = next_in_line(item.consultations, asked)
    if not department:
        return ()
    return (
        CountersignatureAsked(
            item=code,
            department=department,
            step=asked.step,
            limit=asked.limit,
            article=asked.article,
            round=asked.round,
            line=asked.line,
            reasons=reasons,
        ),
    )
