"""Every kind of aggregate beside the project that commands can be posted to."""

from __future__ import annotations

from api.aggregates import Spoken
from domain.calendar.words import CalendarCommand
from domain.catalogue.words import CatalogueCommand
from domain.example_calendar import CALENDAR_EXAMPLES
from domain.example_persons import PERSON_EXAMPLES
from domain.example_zone import ZONE_EXAMPLES
from domain.flow.words import FlowCommand
from domain.legal_person.words import PersonCommand
from domain.streams import CALENDAR, CATALOGUE, FLOW, LEGAL_PERSON

TO_CALENDARS = Spoken("post_calendar_command", CALENDAR, CalendarCommand, CALENDAR_EXAMPLES)
TO_PERSONS = Spoken("post_person_command", LEGAL_PERSON, PersonCommand, PERSON_EXAMPLES)
TO_CATALOGUES = Spoken("post_catalogue_command", CATALOGUE, CatalogueCommand, ZONE_EXAMPLES)
TO_FLOWS = Spoken("post_flow_command", FLOW, FlowCommand, ZONE_EXAMPLES)

SPOKEN = {spoken.operation: spoken for spoken in (TO_CALENDARS, TO_PERSONS, TO_CATALOGUES, TO_FLOWS)}
