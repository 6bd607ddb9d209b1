"""The actors of a simulated zone: enterprises with valid codes, project managers, officers of departments."""

from __future__ import annotations

from zlib import crc32

from msgspec import Struct
from stdnum.cn import uscc

from domain.core.ledger import Actor, Role
from domain.legal_person.codes import legacy_check
from scripts.simulation.chance import Chance
from scripts.simulation.zone_people import MANAGERS_OF_THE_ZONE, OFFICE, OFFICERS_OF, SUPERVISOR

PLACES = (
    "京亦",
    "恒信",
    "华芯",
    "博大",
    "凉水河",
    "荣华",
    "科创",
    "经海",
    "同济",
    "永昌",
    "宏达",
    "亦庄",
    "星网",
    "天宝",
)
TRADES = (
    "新材料",
    "生物医药",
    "智能装备",
    "集成电路",
    "新能源汽车",
    "精细化工",
    "航天电子",
    "机器人",
    "医疗器械",
    "节能环保",
)
FORMS = ("有限公司", "科技有限公司", "股份有限公司")
WORKS = ("一期厂房", "二期厂房", "研发中心", "生产基地", "总部大楼", "中试基地", "智能工厂", "检测中心")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚"
OFFICERS = 4  # of a department that the zone does not name
DISTRICT = "110115"
EXCHANGE = "数据对接系统"  # the actor that sends results of departments outside the system
STRIDE = 7  # between given names of consecutive numbers, so that they differ

BUREAU = Actor(SUPERVISOR.name, SUPERVISOR.over, SUPERVISOR.role)


class Person(Struct, frozen=True):
    """An enterprise."""

    name: str
    code: str  # unified social credit code

    @property
    def actor(self) -> Actor:
        return Actor(f"经办{self.code[-6:]}", self.code, Role.APPLICANT)


def enterprise(chance: Chance) -> Person:
    """An enterprise with a valid unified social credit code (GB 32100-2015)."""
    body = chance.digits(8)
    code = f"91{DISTRICT}{body}{legacy_check(body)}"
    return Person(
        chance.choice(PLACES) + chance.choice(TRADES) + chance.choice(FORMS), code + uscc.calc_check_digit(code)
    )


def manager(chance: Chance) -> Actor:
    name = MANAGERS_OF_THE_ZONE[chance.between(1, len(MANAGERS_OF_THE_ZONE)) - 1]
    return Actor(name, OFFICE, Role.PROJECT_MANAGER)


def officer(department: str, chance: Chance) -> Actor:
    nth = chance.between(1, OFFICERS)
    names = OFFICERS_OF.get(department)
    return Actor(names[nth - 1] if names else called(crc32(department.encode()) + nth), department, Role.OFFICER)


def feed(department: str) -> Actor:
    """The system of a department outside this one."""
    return Actor(EXCHANGE, department, Role.INTEGRATOR)


def called(nth: int) -> str:
    """The name of the *nth* employee in the zone."""
    return SURNAMES[nth % len(SURNAMES)] + GIVEN_NAMES[nth * STRIDE % len(GIVEN_NAMES)]


def human(chance: Chance) -> str:
    return chance.choice(SURNAMES) + chance.choice(GIVEN_NAMES)
