"""Builds the ASGI application from its parts; whoever starts the server opens and closes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.status_codes import HTTP_404_NOT_FOUND
from litestar.types import ControllerRouterHandler, ExceptionHandler

from api import failures, openapi, parts
from api.body import BODY_BYTES_MAX
from api.catalogue import Catalogue
from api.catalogues import Catalogues
from api.clocks import Clocks
from api.commands import post_command
from api.conduct import ConductTables
from api.deadlines import Deadlines
from api.express import Application
from api.flows import Flows
from api.information import InformationTables
from api.law import Law
from api.law_calendars import Keeping
from api.legal_persons import LegalPersons
from api.materials import Materials
from api.names import Names
from api.operation import healthz, readyz
from api.outside import OutsideTables
from api.path import Paths
from api.project_flow import ProjectFlows
from api.project_time import ProjectTimes
from api.projects import Projects
from api.register_figures import RegisterTables
from api.request_checks import RequestChecks
from api.requests import begin
from api.supervision import SupervisionTables
from api.views import ViewTables
from api.voices import VoiceTables
from api.waiting import WaitingTables
from api.what_if import WhatIf
from infrastructure.approvals import Approvals
from infrastructure.calendars import Calendars
from infrastructure.durations import Durations
from infrastructure.materials import Materials as Files
from infrastructure.settings import Settings
from infrastructure.views import Views

HANDLERS: tuple[ControllerRouterHandler, ...] = (
    post_command,
    Projects,
    ProjectFlows,
    ProjectTimes,
    RegisterTables,
    ViewTables,
    VoiceTables,
    OutsideTables,
    Materials,
    Clocks,
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
    Catalogue,
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
