"""The story of two merged legal persons: a tested example of every command to the legal-person base.

An enterprise is registered, changes its name, is found by an older code, and turns out to be there twice.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, structs

from domain.core.context import Context
from domain.core.ledger import Actor, Recorded
from domain.examples.people import MANAGER, moment
from domain.law.packs.pack import Pack
from domain.legal_person.identity import LinkLegacyCode, MergeLegalPerson, SeparateLegalPerson
from domain.legal_person.messages import PersonCommand
from domain.legal_person.registration import ChangeLegalPerson, RegisterLegalPerson
from domain.legal_person.state import Capital, Contact, Particulars, PersonKind, PersonStanding, stream_of
from domain.messages import Entry, tag_of
from domain.streams import decide, replay

PERSON, BRANCH = "91420100MA0HX2026E", "91420100765409211H"
LEGACY = "D2143569X"
REGISTERED_PERSON = RegisterLegalPerson(
    code=PERSON,
    particulars=Particulars(
        name="恒信材料有限公司",
        kind=PersonKind.COMPANY,
        representative="陈立恒",
        address="高新大道1号",
        capital=Capital("50000000"),
        founded_on=date(2012, 5, 18),
        status=PersonStanding.ACTIVE,
        contact=Contact("陈工", "027-5550100"),
    ),
    source="营业执照",
)


class PersonStep(Struct, frozen=True):
    """One command of the story with its actor and time."""

    at: datetime
    by: Actor
    command: PersonCommand

    @property
    def dated(self) -> PersonCommand:
        """The command with its occurred_at, as sent today to record it at that time."""
        return structs.replace(self.command, occurred_at=self.at)


PERSON_STORY = (
    PersonStep(moment("2026-02-24 09:00"), MANAGER, REGISTERED_PERSON),
    PersonStep(
        moment("2026-02-24 09:10"),
        MANAGER,
        ChangeLegalPerson(
            code=PERSON,
            particulars=Particulars(name="恒信新材料有限公司", capital=Capital("120000000")),
            effective_on=date(2019, 11, 6),
            source="变更登记通知书（示例）",
        ),
    ),
    PersonStep(
        moment("2026-02-24 09:20"),
        MANAGER,
        LinkLegacyCode(code=PERSON, legacy="D2143569-X", source="组织机构代码证（2009年，示例）"),
    ),
    PersonStep(
        moment("2026-02-25 10:00"),
        MANAGER,
        RegisterLegalPerson(
            code=BRANCH, particulars=Particulars(name="恒信新材料", kind=PersonKind.COMPANY), source="旧系统导入"
        ),
    ),
    PersonStep(
        moment("2026-02-25 10:30"),
        MANAGER,
        MergeLegalPerson(code=BRANCH, into=PERSON, reasons="旧系统中的同一企业"),
    ),
    PersonStep(
        moment("2026-02-26 09:00"),
        MANAGER,
        SeparateLegalPerson(code=BRANCH, reasons="经核对是另一家企业"),
    ),
    PersonStep(
        moment("2026-02-26 15:00"),
        MANAGER,
        MergeLegalPerson(code=BRANCH, into=PERSON, reasons="登记机关书面确认为同一企业换发代码"),
    ),
)
PERSON_EXAMPLES: dict[str, PersonStep] = {tag_of(step.command): step for step in reversed(PERSON_STORY)}


def person_entries(law: Pack, code: str) -> list[Entry]:
    """The entries in the stream of the person with *code* that result from the story under *law*."""
    stream = stream_of(code)
    entries: list[Entry] = []
    for number, step in enumerate(PERSON_STORY, start=1):
        if step.command.code == code:
            recorded = Recorded(step.by, UUID(int=number), law.name)
            for fact in decide(step.command, replay(stream, entries), Context(step.by, step.at, step.at, law)):
                entries.append(Entry(stream, len(entries) + 1, step.at, step.at, fact, recorded))
    return entries
