"""Which fields of a fact are not shown."""

from __future__ import annotations

# Shown elsewhere in the line, or of use to programs alone: the whole fact is in GET /v1/projects/{id}/history.
HIDDEN = frozenset(
    {"item", "suspension", "digest", "complaint", "evaluation", "catalogue", "flow", "law", "unit", "rule", "calendar"}
    | {"contact", "seen", "particulars", "service", "task_code", "steps", "notice", "bad", "org_code", "media_type"}
    | {"catalogue_edition", "activity"}
)
