"""XES, IEEE 1849-2016: one trace per project, written one after another, so that memory stays small."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TextIO
from xml.sax.saxutils import quoteattr

from infrastructure.event_log.cases import LogCase, LogCounts, LogEvent, LogTally

# What XML 1.0 can't hold, https://www.w3.org/TR/xml/#charsets.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The order of elements is that of the schema: extensions, globals, classifiers, attributes of the log, traces.
# Global is only what every trace and event has: readers fill in what is missing.
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace"><string key="concept:name" value="UNKNOWN"/></global>
<global scope="event"><string key="concept:name" value="UNKNOWN"/>\
<string key="lifecycle:transition" value="complete"/>\
<date key="time:timestamp" value="1970-01-01T00:00:00+00:00"/></global>
<classifier name="activity" scope="event" keys="concept:name"/>
<string key="concept:name" value={name}/>
"""


def write_xes(cases: Iterable[LogCase], out: TextIO, name: str) -> LogCounts:
    """Write the log *name* of *cases* to *out*, in UTF-8; what was written."""
    counter = LogTally()
    out.write(HEAD.format(name=value(name)))
    for case in cases:
        out.write(trace(case))
        counter.add(case)
    out.write("</log>\n")
    return counter.counts


def trace(case: LogCase) -> str:
    """One project."""
    attributes = (
        text("concept:name", case.code or str(case.project)),
        text("project", str(case.project)),
        text("law", case.law),
        text("register", case.register),
    )
    return "".join(("<trace>", *attributes, "\n", *map(event, case.events), "</trace>\n"))


def event(of: LogEvent) -> str:
    """One event of a trace."""
    attributes = (
        text("concept:name", of.activity),
        text("lifecycle:transition", "complete"),
        instant("time:timestamp", of.at),
        instant("recorded_at", of.recorded_at),
        text("org:resource", of.resource),
        text("org:group", of.department),
        text("org:role", of.role),
        text("item", of.item),
        text("label", of.label),
        text("entry", of.id),
    )
    return f"<event>{''.join(attributes)}</event>\n"


def text(key: str, content: str) -> str:
    """An attribute with a text; nothing for an empty one."""
    return f'<string key="{key}" value={value(content)}/>' if content else ""


def instant(key: str, at: datetime) -> str:
    """An attribute with an instant."""
    return f'<date key="{key}" value="{at.isoformat(timespec="milliseconds")}"/>'


def value(content: str) -> str:
    """*content* between quotation marks, without what XML can't hold."""
    return quoteattr(FORBIDDEN.sub("\ufffd", content))
