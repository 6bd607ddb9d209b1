"""Simulates one project: registration, its flow, items as they become startable, feedback, reactions to cards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.catalogue.item import ServiceItem
from domain.core.types import Outcome
from domain.law.packs.pack import Pack
from domain.law.proof import Rung
from domain.project.application.acceptance import AcceptItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.flow.adoption import StartFlow
from domain.project.flow.standing import StepState, standing
from domain.project.information.form import FORM, FormField, Sort
from domain.project.information.recording import EnteredField, RecordInformation
from domain.project.state.project import Project
from scripts.simulation.acts import Act, Done, Life
from scripts.simulation.chance import Chance
from scripts.simulation.circumstances import Circumstances
from scripts.simulation.external import external_item
from scripts.simulation.feedback import complained, evaluated
from scripts.simulation.item_life import live_item
from scripts.simulation.office_time import OfficeTime
from scripts.simulation.people import DISTRICT, WORKS, Person, human, manager
from scripts.simulation.supervision import after_card, amended_later, carded_by_hand


class Zone(Struct, frozen=True):
    """Data shared by all projects of a simulated zone."""

    flow: str
    kinds: tuple[str, ...]
    services: Mapping[str, ServiceItem]  # by their codes
    law: Pack


class ProjectLife:
    """The people of one project. `begin` is their first life; `react` gives the lives that follow from an act."""

    def __init__(
        self, project: UUID, number: int, zone: Zone, person: Person, chance: Chance, time: OfficeTime
    ) -> None:
        self.id, self._number, self._zone, self._person = project, number, zone, person
        self._chance, self._time = chance, time
        self._manager = manager(chance)
        self._begun: set[str] = set()
        self._decided: set[tuple[str, int]] = set()
        self._signals: set[str] = set()
        self._complaints = 0

    def begin(self, at: datetime) -> Life:
        """Registration and planning; then the project's information is entered, category after category."""
        chance, kind = self._chance, self._chance.choice(self._zone.kinds)
        name = f"{self._person.name}{chance.choice(WORKS)}"
        register = RegisterProject(
            name=name,
            code=f"{at:%y%m}-{DISTRICT}-04-01-{self._number % 1_000_000:06d}",
            enterprise=Enterprise(self._person.name, self._person.code),
            manager=self._manager.id,
        )
        done = yield Act(at, self._manager, register)
        done = yield Act(self._time.after(done.at, 0), self._manager, StartFlow(flow=self._zone.flow, kind=kind))
        for category in FORM:
            fields = tuple(
                _entered(field, chance, done.at) for field in category.fields if field.required or chance.happens(0.4)
            )
            command = RecordInformation(category=category.id, fields=fields, source="企业填报")
            done = yield Act(self._time.after(done.at, chance.about(6, 1.0)), self._manager, command)
            if chance.happens(0.08):
                return  # the rest is never entered

    def react(self, act: Act, done: Done) -> list[Life]:
        """The lives that follow from *act* and its result."""
        project, lives = done.project, list[Life]()
        if {"flow_adopted", "item_completed", "external_result_recorded"} & set(done.facts):
            lives += self._free(project, done.at)
        if isinstance(act.command, AcceptItem) and not done.refused and self._chance.happens(0.01):
            about = self._about(act.command.item, project)
            lives.append(amended_later(about, project.version, act.by, done.at))
        return lives + self._feedback(act, done) + self.carded(project, done.at)

    def _free(self, project: Project, at: datetime) -> list[Life]:
        """Lives of items that have become startable."""
        lives = []
        for step in standing(project):
            if step.state is StepState.STARTABLE and step.item not in self._begun:
                self._begun.add(step.item)
                about = self._about(step.item, project)
                lives.append(live_item(about, at) if about.plan.live else external_item(about, at))
        return lives

    def _feedback(self, act: Act, done: Done) -> list[Life]:
        """An evaluation or a complaint about an item that was just decided."""
        code = getattr(act.command, "item", "")
        if "item_completed" not in done.facts or not isinstance(code, str) or code not in done.project.items:
            return []
        item = done.project.items[code]
        if (code, item.application) in self._decided:
            return []
        self._decided.add((code, item.application))
        about, chance, lives = self._about(code, done.project), self._chance, list[Life]()
        if chance.happens(0.35):
            lives.append(evaluated(about, done.at))
        if chance.happens(0.12 if item.outcome is not Outcome.GRANTED else 0.012):
            lives.append(self._complaint(about, done.at, done.project.version))
        if chance.happens(0.002):
            lives.append(carded_by_hand(about, done.at))
        return lives

    def carded(self, project: Project, at: datetime) -> list[Life]:
        """Lives that follow from cards issued since the last call."""
        lives = list[Life]()
        for code, signal in project.signals.items():
            if code in self._signals:
                continue
            self._signals.add(code)
            if signal.rung is Rung.CARD and signal.item in project.items:
                about = self._about(signal.item, project)
                lives.append(after_card(about, code, signal.department, at))
                if self._chance.happens(0.15):
                    lives.append(self._complaint(about, at, 0))
        return lives

    def _complaint(self, about: Circumstances, at: datetime, cause: int) -> Life:
        self._complaints += 1
        return complained(about, f"c{self._complaints}", at, cause)

    def _about(self, code: str, project: Project) -> Circumstances:
        plan = project.recorded(code).plan
        law = self._zone.law.under(plan.special) if plan.special else self._zone.law
        service = self._zone.services[plan.service]
        person, chance, time = self._person.actor, self._chance, self._time
        return Circumstances(code, plan, service, person, self._manager, chance, time, law)


def _entered(field: FormField, chance: Chance, at: datetime) -> EnteredField:
    """A valid value of *field*."""
    unit = field.units[-1] if field.units else ""
    match field.sort:
        case Sort.NUMBER | Sort.MONEY:
            most = 60 if unit in ("%", "亿元", "亩") or not unit else 900 if unit == "人" else 90_000
            value = str(chance.between(most, 2 * most) if field.key == "total" else chance.between(1, most))
        case Sort.DATE:
            value = f"{at.year + chance.between(0, 2)}-{chance.between(1, 12):02d}-{chance.between(1, 28):02d}"
        case Sort.CHOICE:
            value = chance.choice(tuple(field.options))
        case Sort.PROJECT_CODE:
            value = f"{at:%y%m}-{DISTRICT}-04-01-{chance.digits(6)}"
        case Sort.DISTRICT:
            value = DISTRICT
        case Sort.INDUSTRY:
            value = f"C{chance.between(13, 43)}"
        case Sort.PHONE:
            value = f"010-6788{chance.digits(4)}"
        case _:
            value = TEXTS.get(field.key) or human(chance)
    return EnteredField(key=field.key, value=value, unit=unit)


TEXTS = {
    "location": "北京经济技术开发区科创十四街",
    "summary": "建设生产厂房及配套设施",
    "use": "工业用地",
    "parcel": "110115-02-0018",
    "certificate": "京（2026）开不动产权第0001268号",
    "content": "新建厂房、研发楼及配套设施",
    "scale": "年产设备若干台套",
    "products": "成套设备及零部件",
    "capacity": "年产设备若干台套",
    "equipment": "数控生产线、检测设备",
    "emissions": "生产废水、工艺废气、一般固体废物",
    "measures": "废水、废气处理达标后排放，固体废物分类收集",
    "safety": "一般工贸企业",
    "email": "project@example.com",
}
