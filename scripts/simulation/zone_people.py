"""The people of the shipped zone: who works in which role and department, in the simulation and as demo people."""

from __future__ import annotations

from msgspec import Struct

from domain.core.ledger import Role

MANAGERS_OF_THE_ZONE = ("王建国", "李国栋", "张子涵", "刘晓芳", "陈卫东", "杨凤琴", "赵启明", "黄庆丰")
OFFICERS_OF: dict[str, tuple[str, ...]] = {
    "zone-office": ("周丽华", "吴秀英", "徐德胜", "孙淑珍"),
    "development-reform": ("胡一鸣", "朱兰芝", "高小梅", "林晓东"),
    "industry": ("何立新", "郭婷婷", "马俊杰", "罗桂芝"),
    "natural-resources": ("梁向阳", "宋天佑", "郑文博", "谢佳慧"),
    "construction": ("韩明哲", "唐红霞", "冯绍文", "于若曦"),
    "environment": ("董亚男", "萧雪梅", "程振宇", "曹少华"),
    "water": ("袁家豪", "邓美玲", "许学军", "傅松涛"),
    "civil-defence": ("沈志强", "曾玉兰", "彭春燕", "吕静怡"),
    "cultural-heritage": ("苏长青", "卢慧敏", "蒋瑞雪", "蔡海燕"),
    "fire": ("贾思远", "丁永康", "魏宏伟", "薛雨桐"),
    "landscape": ("叶景行", "阎清华", "余建国", "潘国栋"),
    "transport": ("杜子涵", "戴晓芳", "夏卫东", "钟凤琴"),
    "urban-management": ("汪启明", "田庆丰", "任丽华", "姜秀英"),
    "emergency": ("范德胜", "方淑珍", "石一鸣", "姚兰芝"),
    "health": ("谭小梅", "廖晓东", "邹立新", "熊婷婷"),
    "human-resources": ("金俊杰", "陆桂芝", "郝向阳", "孔天佑"),
    "commerce": ("白文博", "崔佳慧", "康明哲", "毛红霞"),
    "science": ("邱绍文", "秦若曦", "江亚男", "史雪梅"),
    "market": ("顾振宇", "侯少华", "邵家豪", "孟美玲"),
    "tax": ("龙学军", "万松涛", "段志强", "雷玉兰"),
    "finance": ("钱春燕", "汤静怡", "尹长青", "黎慧敏"),
    "utilities": ("易瑞雪", "常海燕", "武思远", "乔永康"),
}
BUREAU_CODE, BUREAU_NAME = "supervision", "行政监察局"
OFFICE = "zone-office"


class ZonePerson(Struct, frozen=True):
    """One person: the name is also the id that the ledger has."""

    name: str
    role: Role
    over: str = ""
    over_name: str = ""


SUPERVISOR = ZonePerson("高明", Role.SUPERVISOR, BUREAU_CODE, BUREAU_NAME)
OF_THE_WHOLE_ZONE = (
    ZonePerson("顾长庚", Role.LEADER),
    SUPERVISOR,
    ZonePerson("孟静怡", Role.AUDITOR),
    ZonePerson("贺文博", Role.WINDOW_CLERK, OFFICE, "综合窗口"),
    ZonePerson("赖思源", Role.ADMINISTRATOR),
)


def zone_people(department_names: dict[str, str]) -> list[ZonePerson]:
    """One person or two in every role, and the first officer of every department, called as *department_names* say."""
    managers = [ZonePerson(name, Role.PROJECT_MANAGER, OFFICE) for name in MANAGERS_OF_THE_ZONE[:2]]
    officers = [ZonePerson(names[0], Role.OFFICER, department) for department, names in OFFICERS_OF.items()]
    return [
        ZonePerson(
            person.name, person.role, person.over, person.over_name or department_names.get(person.over, person.over)
        )
        for person in (*managers, *OF_THE_WHOLE_ZONE, *officers)
    ]
