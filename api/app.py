"""Builds the ASGI application from its routes; the caller opens and closes the services that it uses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from litestar import Router
from litestar.status_codes import HTTP_404_NOT_FOUND, HTTP_405_METHOD_NOT_ALLOWED
from litestar.types import ControllerRouterHandler

from api.access.commands import AccessCommands
from api.access.pages import AccessPages
from api.access.routes import AccessRoutes
from api.apply.check_pages import ApplyCheckPages
from api.apply.material_pages import ApplyMaterialPages
from api.apply.pages import ApplyPages
from api.audit.bundle_pages import BundlePages
from api.audit.pages import AuditPages
from api.calendar.act_pages import CalendarActPages
from api.calendar.pages import CalendarPages
from api.calendar.preview_pages import NoticePreviewPages
from api.calendar.routes import CalendarRoutes
from api.calendar.year_pages import CalendarYearPages
from api.catalogue.act_pages import CatalogueActPages
from api.catalogue.pages import CataloguePages
from api.catalogue.routes import CatalogueRoutes
from api.clocks.ical import DeadlineRoutes
from api.clocks.pages import ClockListPages
from api.clocks.routes import ClockRoutes
from api.commands.batch import post_batch
from api.commands.check import check_command
from api.commands.fast_path import Application
from api.commands.routes import post_command
from api.conformance.pages import ConformancePages
from api.exports.case_records import CaseRecordExports
from api.exports.clock_list import ClockExports
from api.exports.conformance import ConformanceExports
from api.exports.desk_list import DeskExports
from api.exports.event_log import EventLogExports
from api.exports.feedback_lists import FeedbackExports
from api.exports.information_lists import InformationExports
from api.exports.ledger_list import LedgerExports
from api.exports.my_lists import MyExports
from api.exports.order_list import OrderExports
from api.exports.overview_lists import OverviewExports
from api.exports.portfolio_list import PortfolioExports
from api.exports.project_lists import ProjectExports
from api.exports.supervision_lists import SupervisionExports
from api.exports.waiting_list import WaitingExports
from api.exports.window_lists import WindowExports
from api.external.routes import ExternalRoutes
from api.feed.live import LiveRoutes
from api.feed.routes import FeedRoutes
from api.feedback.pages import ComplaintPages
from api.feedback.routes import FeedbackRoutes
from api.flow.act_pages import FlowActPages
from api.flow.critical_path import CriticalPathRoutes
from api.flow.pages import FlowPages
from api.flow.project_flow import ProjectFlowRoutes
from api.flow.routes import FlowRoutes
from api.forms.pages import FormPages
from api.guard.routes import ACCESS_DEPENDENCIES, require_access, require_declared
from api.health import healthz, readyz
from api.home.pages import HomePages
from api.html.assets import asset_routes
from api.html.frame import html_router, not_found_page
from api.html.titles import NameRoutes
from api.identity.calendars import CalendarFeedRoutes
from api.identity.pages import SignInPages
from api.identity.routes import IdentityRoutes
from api.information.pages import InformationPages
from api.information.routes import InformationRoutes
from api.item_page.pages import ItemPages
from api.law.routes import LawRoutes
from api.law.rule_pages import RulePages
from api.law.what_if import WhatIfRoutes
from api.legal_person.pages import PersonPages
from api.legal_person.routes import LegalPersonRoutes
from api.materials.routes import MaterialRoutes
from api.messages.atom import NewsRoutes
from api.messages.mail_pages import MailPages
from api.messages.pages import MessagePages
from api.metrics import metrics
from api.moved import VERSION
from api.my.pages import MyPages
from api.notice.pages import NoticePages
from api.openapi import document as openapi
from api.overview.pages import OverviewPages
from api.people.pages import PeoplePages
from api.portfolio.pages import PortfolioPages
from api.progress.pages import ProgressPages
from api.progress.routes import ProgressRoutes
from api.project.routes import ProjectRoutes
from api.project.time import ProjectTimeRoutes
from api.project_page.pages import ProjectPages
from api.proof.pages import VerifyPages
from api.proof.routes import ProofRoutes, ReceiptRoutes
from api.register.figures import RegisterFigureRoutes
from api.register.routes import RegisterRoutes
from api.supervision.card_pages import CardPages
from api.supervision.pages import SupervisionPages
from api.supervision.report_pages import ReportPages
from api.supervision.routes import SupervisionRoutes
from api.supervision.timeliness import TimelinessRoutes
from api.supervision.timeliness_pages import TimelinessPages
from api.waiting.routes import WaitingRoutes
from api.web.dependencies import DEPENDENCIES, ApplicationServices
from api.web.error_handlers import HANDLERS, problem_response
from api.web.problems import ProblemCatalogue
from api.web.queries import QUERIES
from api.web.request_body import BODY_BYTES_MAX
from api.web.request_id import begin
from api.webhooks.routes import SubscriptionRoutes
from api.window.decision_pages import DecisionPages
from api.window.decision_routes import PublicDecisionRoutes
from api.window.feedback_pages import CaseFeedbackPages
from api.window.guide_pages import GuidePages
from api.window.published_pages import PublishedPages
from api.window.track_pages import TrackPages
from api.worklist.acceptance import AcceptancePages
from api.worklist.pages import WorklistPages
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings

ROUTES: tuple[ControllerRouterHandler, ...] = (
    post_command,
    check_command,
    post_batch,
    ProjectRoutes,
    ProjectFlowRoutes,
    ProjectTimeRoutes,
    RegisterFigureRoutes,
    ProgressRoutes,
    RegisterRoutes,
    FeedbackRoutes,
    ExternalRoutes,
    MaterialRoutes,
    ClockRoutes,
    WaitingRoutes,
    CriticalPathRoutes,
    SupervisionRoutes,
    TimelinessRoutes,
    DeadlineRoutes,
    WhatIfRoutes,
    CalendarRoutes,
    LegalPersonRoutes,
    CatalogueRoutes,
    NameRoutes,
    FlowRoutes,
    InformationRoutes,
    AccessRoutes,
    AccessCommands,
    FeedRoutes,
    SubscriptionRoutes,
    LawRoutes,
    ProofRoutes,
    ReceiptRoutes,
    PublicDecisionRoutes,
)

UNVERSIONED_ROUTES: tuple[ControllerRouterHandler, ...] = (
    IdentityRoutes,
    CalendarFeedRoutes,
    NewsRoutes,
    ProblemCatalogue,
    healthz,
    readyz,
    metrics,
)

PAGES: tuple[ControllerRouterHandler, ...] = (
    HomePages,
    OverviewPages,
    ConformancePages,
    ProgressPages,
    PortfolioPages,
    ProjectPages,
    ItemPages,
    FormPages,
    WorklistPages,
    AcceptancePages,
    InformationPages,
    PersonPages,
    SupervisionPages,
    CardPages,
    NoticePages,
    ReportPages,
    RulePages,
    CalendarPages,
    TimelinessPages,
    ClockListPages,
    AccessPages,
    VerifyPages,
    AuditPages,
    BundlePages,
    ComplaintPages,
    PeoplePages,
    CataloguePages,
    CatalogueActPages,
    FlowPages,
    FlowActPages,
    CalendarYearPages,
    NoticePreviewPages,
    CalendarActPages,
    InformationExports,
    ProjectExports,
    ClockExports,
    SupervisionExports,
    FeedbackExports,
    EventLogExports,
    CaseRecordExports,
    ConformanceExports,
    WaitingExports,
    WindowExports,
    PortfolioExports,
    OverviewExports,
    MyExports,
    OrderExports,
    LedgerExports,
    DeskExports,
    SignInPages,
    GuidePages,
    TrackPages,
    CaseFeedbackPages,
    PublishedPages,
    DecisionPages,
    ApplyPages,
    ApplyMaterialPages,
    ApplyCheckPages,
    MyPages,
    MessagePages,
    MailPages,
)


def create_app(
    approvals: Approvals,
    views: Views,
    settings: Settings,
    pages: Sequence[ControllerRouterHandler] = (),
    more: Sequence[ControllerRouterHandler] = (),
) -> Application:
    """The application. *approvals* and *views* must be open while it serves, in the event loop it serves in.

    Without *pages* for people, such as PAGES, browsers are answered with problems in JSON too. *more* are routes of a
    sandbox. Raises UndeclaredAccessError where a route or a command has no rule of access.
    """
    return _routed(tuple(pages), tuple(more)).over(ApplicationServices.of(approvals, views, settings))


@cache
def _routed(pages: tuple[ControllerRouterHandler, ...], more: tuple[ControllerRouterHandler, ...]) -> Application:
    """The application without its services: what all applications of this process with the same routes share."""
    not_found = not_found_page if pages else problem_response
    app = Application(
        not_found,
        route_handlers=[
            Router(path=VERSION, route_handlers=ROUTES),
            *UNVERSIONED_ROUTES,
            *more,
            *([html_router(pages), LiveRoutes, asset_routes] if pages else ()),
        ],
        dependencies=DEPENDENCIES | QUERIES | ACCESS_DEPENDENCIES,
        exception_handlers={**HANDLERS, HTTP_404_NOT_FOUND: not_found, HTTP_405_METHOD_NOT_ALLOWED: not_found},
        guards=[require_access],
        before_request=begin,
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=openapi.config(),
        logging_config=None,
    )
    require_declared(app)
    return app
