"""Every page for people, in one list: the server is given them beside the interface for programs."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from api.clock_list_pages import ClockListPages
from api.conduct_pages import ConductPages
from api.desk_pages import DeskPages
from api.information_pages import InformationPages
from api.pages import Pages, app_css
from api.person_pages import PersonPages
from api.progress_pages import ProgressPages
from api.supervision_pages import SupervisionPages

PAGES: tuple[ControllerRouterHandler, ...] = (
    ProgressPages,
    Pages,
    DeskPages,
    InformationPages,
    PersonPages,
    SupervisionPages,
    ConductPages,
    ClockListPages,
    app_css,
)
