"""The tables of views and histories that show personal texts: after an erasure they are rewritten, with dead rows."""

from __future__ import annotations

from projections.feedback.fold import COMPLAINTS, EVALUATIONS
from projections.history.versions import history_name
from projections.information.fold import FIELDS
from projections.legal_person.fold import PERSONS

PERSONAL_TABLES = (
    COMPLAINTS.name,
    EVALUATIONS.name,
    history_name(COMPLAINTS),
    history_name(EVALUATIONS),
    FIELDS.name,
    PERSONS.name,
)
