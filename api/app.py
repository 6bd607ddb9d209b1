"""Builds the ASGI application from its parts; whoever starts the server opens and closes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.status_codes import HTTP_404_NOT_FOUND
from litestar.types import ControllerRouterHandler, ExceptionHandler

from api.catalogue.routes import Catalogues
from api.clocks.ical import Deadlines
from api.clocks.pages import ClockListPages
from api.clocks.routes import ClockRoutes
from api.commands.fast_path import Application
from api.commands.routes import post_command
from api.external.routes import OutsideTables
from api.feedback.routes import VoiceTables
from api.flow.critical_path import Paths
from api.flow.project_flow import ProjectFlows
from api.flow.routes import Flows
from api.health import healthz, readyz
from api.html.titles import Names
from api.identity.pages import SignInPages
from api.identity.routes import IdentityRoutes
from api.information.pages import InformationPages
from api.information.routes import InformationTables
from api.law.calendars import Keeping
from api.law.routes import Law
from api.law.what_if import WhatIf
from api.legal_person.pages import PersonPages
from api.legal_person.routes import LegalPersons
from api.materials.routes import Materials
from api.openapi import document as openapi
from api.progress.pages import ProgressPages
from api.progress.routes import ViewTables
from api.project.routes import Projects
from api.project.time import ProjectTimes
from api.project_page.pages import Pages, app_css
from api.register.figures import RegisterTables
from api.register.routes import RegisterList
from api.supervision.pages import SupervisionPages
from api.supervision.routes import SupervisionTables
from api.supervision.timeliness import ConductTables
from api.supervision.timeliness_pages import ConductPages
from api.waiting.routes import WaitingTables
from api.web import dependencies as parts
from api.web import error_handlers as failures
from api.web.problems import ProblemCatalogue
from api.web.request_body import BODY_BYTES_MAX
from api.web.request_checks import RequestChecks
from api.web.request_id import begin
from api.worklist.pages import DeskPages
from infrastructure.calendar.calendars import Calendars
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore as Files
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from projections.flow.durations_query import Durations

HANDLERS: tuple[ControllerRouterHandler, ...] = (
    post_command,
    Projects,
    ProjectFlows,
    ProjectTimes,
    RegisterTables,
    ViewTables,
    RegisterList,
    VoiceTables,
    OutsideTables,
    Materials,
    ClockRoutes,
    WaitingTables,
    Paths,
    SupervisionTables,
    ConductTables,
    Deadlines,
    WhatIf,
    Law,
    Keeping,
    LegalPersons,
    Catalogues,
    Names,
    Flows,
    InformationTables,
    IdentityRoutes,
    ProblemCatalogue,
    healthz,
    readyz,
)


def create_app(
    approvals: Approvals,
    views: Views,
    settings: Settings,
    pages: Sequence[ControllerRouterHandler] = (),
    lost: ExceptionHandler[Any] = failures.answer,
) -> Litestar:
    """The application. *approvals* and *views* must be open while it serves, in the event loop it serves in.

    *pages* are further handlers, such as pages for people; what they raise is told as problems too. *lost* answers
    where nothing is at an address.
    """
    return Application(
        [*HANDLERS, *pages],
        state=State(
            {
                parts.KEY: _parts(approvals, views, settings),
                parts.CHECKS: RequestChecks(settings),
                parts.LOST: lost,
            }
        ),
        exception_handlers={**failures.HANDLERS, HTTP_404_NOT_FOUND: lost},
        before_request=begin,
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=openapi.config(),
        logging_config=None,
    )


def _parts(approvals: Approvals, views: Views, settings: Settings) -> parts.Parts:
    return parts.Parts(approvals, views, settings, Calendars(approvals), Files.of(settings), Durations(approvals.store))


PAGES: tuple[ControllerRouterHandler, ...] = (
    ProgressPages,
    Pages,
    DeskPages,
    InformationPages,
    PersonPages,
    SupervisionPages,
    ConductPages,
    ClockListPages,
    SignInPages,
    app_css,
)
