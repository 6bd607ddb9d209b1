"""Every kind of aggregate beside the project that commands can be posted to."""

from __future__ import annotations

from api.aggregates import Spoken
from domain.calendar.words import CalendarCommand
from domain.example_calendar import CALENDAR_EXAMPLES
from domain.streams import CALENDAR

TO_CALENDARS = Spoken("post_calendar_command", CALENDAR, CalendarCommand, CALENDAR_EXAMPLES)

SPOKEN = {spoken.operation: spoken for spoken in (TO_CALENDARS,)}
