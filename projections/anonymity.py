"""Who is named in a view: nobody who complained anonymously, neither for filing nor for what came after."""

from __future__ import annotations

from domain.ledger import Actor
from domain.project.complaint import ComplaintClosed, ComplaintFiled
from domain.project.complaint_handling import ComplaintWithdrawn
from domain.project.state import Project
from domain.vocabulary import Entry


def named(entry: Entry, project: Project) -> Actor:
    """Who recorded *entry*, with the role alone where that is an anonymous complainant.

    *project* already has the entry. A complaint whose filing was retracted is treated as an anonymous one.
    """
    fact, by = entry.fact, entry.recorded.by
    if isinstance(fact, ComplaintFiled):
        hidden = fact.anonymous
    elif isinstance(fact, ComplaintClosed | ComplaintWithdrawn):
        complaint = project.complaints.get(fact.complaint)
        hidden = complaint is None or (complaint.anonymous and complaint.by == by.id)
    else:
        return by
    return Actor("", "", by.role) if hidden else by
