"""Every kind of aggregate beside the project that commands can be posted to."""

from __future__ import annotations

from api.commands.aggregates import CommandTarget
from domain.access.messages import DepartmentsCommand, PrincipalCommand
from domain.calendar.messages import CalendarCommand
from domain.catalogue.messages import CatalogueCommand
from domain.examples.access import ACCESS_EXAMPLES
from domain.examples.calendar import CALENDAR_EXAMPLES
from domain.examples.legal_person import PERSON_EXAMPLES
from domain.examples.zone import ZONE_EXAMPLES
from domain.flow.messages import FlowCommand
from domain.legal_person.messages import PersonCommand
from domain.streams import CALENDAR, CATALOGUE, DEPARTMENTS, FLOW, LEGAL_PERSON, PRINCIPAL

TO_CALENDARS = CommandTarget("post_calendar_command", CALENDAR, CalendarCommand, CALENDAR_EXAMPLES)
TO_PERSONS = CommandTarget("post_person_command", LEGAL_PERSON, PersonCommand, PERSON_EXAMPLES)
TO_CATALOGUES = CommandTarget("post_catalogue_command", CATALOGUE, CatalogueCommand, ZONE_EXAMPLES)
TO_FLOWS = CommandTarget("post_flow_command", FLOW, FlowCommand, ZONE_EXAMPLES)
TO_PRINCIPALS = CommandTarget("post_principal_command", PRINCIPAL, PrincipalCommand, ACCESS_EXAMPLES)
TO_DEPARTMENTS = CommandTarget("post_departments_command", DEPARTMENTS, DepartmentsCommand, ACCESS_EXAMPLES)

TARGETS = {
    target.operation: target
    for target in (TO_CALENDARS, TO_PERSONS, TO_CATALOGUES, TO_FLOWS, TO_PRINCIPALS, TO_DEPARTMENTS)
}

CHECKS = {  # operations that only try a command, by their id
    "check_calendar_command": TO_CALENDARS,
    "check_catalogue_command": TO_CATALOGUES,
    "check_flow_command": TO_FLOWS,
}
