"""事项 service item: one entry of the catalogue, with the elements of China's 实施清单 under their standard names."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from domain.core.types import Code, Codes, JointForm, Line, Lines, Mode, ModeName, Name, Text

TASK_CODE_CHARACTERS_MAX = 128  # an 实施编码 with its parts joined by hyphens has up to 90
TASK_NAME_CHARACTERS_MAX = 300
MATERIALS_MAX = 100
DAYS_MAX = 1000  # the longest terms of an item are some hundred days

TaskCode = Annotated[str, Meta(min_length=1, max_length=TASK_CODE_CHARACTERS_MAX)]
TaskName = Annotated[str, Meta(min_length=1, max_length=TASK_NAME_CHARACTERS_MAX)]
TaskTitle = Annotated[str, Meta(max_length=TASK_NAME_CHARACTERS_MAX)]  # as TaskName, where none may be given
Days = Annotated[int, Meta(ge=0, le=DAYS_MAX)]


class TaskType(StrEnum):
    """事项类型: the kinds of administrative powers, and public services."""

    LICENCE = "licence"  # 行政许可, 01
    PENALTY = "penalty"  # 行政处罚, 02
    COERCION = "coercion"  # 行政强制, 03
    LEVY = "levy"  # 行政征收, 04
    PAYMENT = "payment"  # 行政给付, 05
    INSPECTION = "inspection"  # 行政检查, 06
    CONFIRMATION = "confirmation"  # 行政确认, 07
    REWARD = "reward"  # 行政奖励, 08
    ADJUDICATION = "adjudication"  # 行政裁决, 09
    OTHER_POWER = "other_power"  # 其他行政权力, 10
    PUBLIC_SERVICE = "public_service"  # 公共服务, 20


class RequiredMaterial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One paper to hand in. Stored in facts: limits may be widened, never narrowed."""

    material_name: Annotated[str, Meta(min_length=1, max_length=TASK_NAME_CHARACTERS_MAX)]
    is_need: bool = True  # 必要性
    material_type: Literal["", "original", "copy", "electronic"] = ""
    source_type: Literal["", "applicant", "government", "other"] = ""  # 来源渠道
    page_num: Annotated[int, Meta(ge=0, le=100)] = 0  # copies; 0: not said
    by_law: Line = ""
    tolerable: bool = False  # 可容缺: may come after acceptance


class ServiceItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One service item. Stored in facts: limits may be widened, never narrowed.

    Days are in the unit of the law it is handled under. An empty basis is unknown.
    """

    task_code: TaskCode  # 实施编码
    task_name: TaskName  # 事项名称
    task_type: TaskType  # 事项类型
    dept_code: Code  # 实施主体: the department that handles it
    dept_name: Line = ""
    org_code: Name = ""  # 实施主体编码: unified social credit code, as published
    catalog_code: Name = ""  # 基本编码
    use_level: Line = ""  # 行使层级
    by_law: Lines = ()  # 设定依据: law and article
    anticipate_day: Days | None = None  # 法定办结时限
    promise_day: Days | None = None  # 承诺办结时限
    mode: ModeName = Mode.SINGLE.value  # of the law it is handled under
    special: Name = ""  # the law's special law for this item
    project_type: Literal["promised", "immediate"] = "promised"  # 办件类型: 承诺件, 即办件
    server_type: Literal["legal", "natural", "both"] = "legal"  # 服务对象
    special_procedure: Codes = ()  # 特别程序: the grounds on which its clock may be suspended
    accept_condition: Text = ""  # 受理条件
    materials: Annotated[tuple[RequiredMaterial, ...], Meta(max_length=MATERIALS_MAX)] = ()
    other_dept: Codes = ()  # 联办机构: departments that countersign
    is_online: bool = False  # 是否网办, until its department decides
    is_fee: bool = False  # 是否收费
    fee_basis: Line = ""  # 收费依据
    transact_addr: Line = ""  # 办理地点: the window
    result_name: Line = ""  # 结果名称: the document it ends with
    pre_phase: bool = False  # 投资项目前期许可: one of the licences before an investment project can be built
    live: bool = True  # false: the department works outside the system, its results are keyed in
    remarks: Lines = ()  # findings of the import
    joint_form: JointForm | None = None  # 统一、联合、集中办理, of an item in the mode joint
    by_undertaking: bool = False  # 告知承诺制
    task_name_en: TaskTitle = ""  # its name on English pages; empty: unknown
    dept_name_en: Line = ""
    law: Name = ""  # the law it is handled under, by its id; empty: the installation's
    calendar: Name = ""  # of the region whose holidays count for it; empty: that law's own

    @property
    def is_licence(self) -> bool:
        """Whether the Administrative Licensing Law governs it, rather than a service or another power."""
        return self.task_type is TaskType.LICENCE
