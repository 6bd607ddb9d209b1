"""Query parameters of the lists of service items."""

from __future__ import annotations

from typing import Annotated

from litestar.di import Provide
from litestar.params import QueryParameter

from api.catalogue.schemas import ServiceFilter
from api.web.parameters import WITHOUT_NUL, Department
from domain.catalogue.item import TASK_CODE_CHARACTERS_MAX, TaskType
from domain.core.types import LINE_CHARACTERS_MAX

EDITIONS_MAX = 1_000_000

OfEdition = Annotated[
    int, QueryParameter(name="edition", ge=0, le=EDITIONS_MAX, description="Its number; 0: the one in force.")
]
OfDraft = Annotated[bool, QueryParameter(description="The draft of now, instead of an edition.")]
OfType = Annotated[TaskType | None, QueryParameter(description="Of this kind of power or service.")]
PrePhase = Annotated[bool | None, QueryParameter(description="Licences of the pre-phase of investment, or the others.")]
Online = Annotated[bool | None, QueryParameter(description="Those that could be applied for online, or the others.")]
Words = Annotated[
    str,
    QueryParameter(
        max_length=LINE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="Words that all have to be in code, name, department or basis.",
    ),
]
ServiceCode = Annotated[
    str, QueryParameter(min_length=1, max_length=TASK_CODE_CHARACTERS_MAX, description="The item's task_code.")
]

OfItem = Annotated[
    str,
    QueryParameter(
        name="code",
        max_length=TASK_CODE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="The item's task_code; empty: a new one.",
    ),
]


def service_filter(
    department: Department = "",
    task_type: OfType = None,
    pre_phase: PrePhase = None,
    online: Online = None,
    text: Words = "",
) -> ServiceFilter:
    """Which service items the list shows."""
    return ServiceFilter(department=department, task_type=task_type, pre_phase=pre_phase, online=online, text=text)


SERVICE_FILTER = {"service_filter": Provide(service_filter, sync_to_thread=False)}
