"""订阅 a case for calendars and feed readers: its deadlines as iCalendar, its course as Atom (RFC 4287)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from icalendar import Calendar, Event

from api.clocks.ical import HOURS, PRODUCT, description
from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.web.zones import zone_of
from api.window.timeline import CaseTimeline
from domain.law.calendar.moment import local_day, midnight
from projections.clocks.reading import Reading
from projections.window.query import WindowCase

ATOM = "http://www.w3.org/2005/Atom"
CALENDAR_TYPE, FEED_TYPE = "text/calendar", "application/atom+xml"
NAMESPACE = UUID("0b7b9e2c-31b4-4f6c-9a1b-5d2f0c6f3a58")  # permanent: programs know an event by its id


def case_calendar(page: PageContext, case: WindowCase, clocks: list[Reading], now: datetime, address: str) -> bytes:
    """The running clocks of the case whose last day is known. *address* is where it is tracked."""
    calendar, title = Calendar(), page.called(case.name) or case.item
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{title} {case.case_number}")
    for clock in clocks:
        if clock.closed or clock.due_on is None:
            continue
        event, zone = Event(), zone_of(clock.law).key
        event.add("uid", f"{uuid5(NAMESPACE, f'{case.case_number} {clock.clock}')}@countersign")
        event.add("dtstamp", midnight(local_day(now, zone), zone))
        event.add("dtstart", clock.over_at if clock.unit == HOURS and clock.over_at else clock.due_on)
        event.add("summary", f"{title} · {clock_name(page)(clock.clock)}")
        event.add("description", "\n".join([case.case_number, *description(clock, page, now)]))
        event.add("status", "TENTATIVE" if clock.provisional else "CONFIRMED")
        event.add("transp", "TRANSPARENT")
        event.add("url", address)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def case_feed(page: PageContext, case: WindowCase, timeline: CaseTimeline, now: datetime, address: str) -> bytes:
    """What happened in the case until *now*, the newest first. *address* is where it is tracked."""
    feed = Element("feed", xmlns=ATOM)
    SubElement(feed, "id").text = uuid5(NAMESPACE, case.case_number).urn
    SubElement(feed, "title").text = f"{page.called(case.name) or case.item} {case.case_number}"
    SubElement(feed, "updated").text = (timeline.lines[0].at if timeline.lines else now).isoformat()
    SubElement(SubElement(feed, "author"), "name").text = page.words["label"]("title")
    SubElement(feed, "link", href=address)
    for line in timeline.lines:
        entry = SubElement(feed, "entry")
        SubElement(entry, "id").text = uuid5(NAMESPACE, f"{case.case_number} {line.at.isoformat()} {line.kind}").urn
        SubElement(entry, "title").text = line.sentence
        SubElement(entry, "updated").text = line.at.isoformat()
        SubElement(entry, "link", href=address)
        if line.department:
            SubElement(entry, "summary").text = page.office(line.department)
    return bytes(tostring(feed, encoding="utf-8", xml_declaration=True))
