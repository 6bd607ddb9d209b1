"""`countersign import-catalogue`: imports a list of service items into a catalogue, and may publish it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid5

from msgspec import Struct, field, json

from domain.catalogue.item import ServiceItem
from domain.catalogue.listing import DefineServiceItem
from domain.catalogue.publication import PublishCatalogue
from domain.catalogue.state import Catalogue, stream_of
from domain.core.ledger import Actor, Refused, Role
from infrastructure.catalogue.items import Finding, item_from
from infrastructure.catalogue.rows import read_rows
from infrastructure.ledger.approvals import Approvals

IMPORTER = Actor("import-catalogue", "zone-office", Role.SYSTEM)
EXAMPLES_MAX = 3  # of each kind of finding, in the table; the JSON has all


class CatalogueReport(Struct):
    """The result of an import. Each row is defined, unchanged, refused or repeated, the last two with a finding."""

    catalogue: str
    rows: int = 0
    defined: int = 0
    unchanged: int = 0
    refused: int = 0
    repeated: int = 0
    departments: int = 0
    edition: int = 0  # the newest published; 0 for none
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    @property
    def kinds(self) -> dict[str, int]:
        """The number of findings by kind."""
        return dict(Counter(finding.kind for finding in self.findings).most_common())

    def examples(self, kind: str) -> list[Finding]:
        """The first few findings of one kind."""
        return [finding for finding in self.findings if finding.kind == kind][:EXAMPLES_MAX]


class CatalogueDraft(Struct, frozen=True):
    """The catalogue a list is imported into, and the importer."""

    approvals: Approvals
    name: str
    by: Actor


async def import_catalogue(
    approvals: Approvals,
    path: Path,
    name: str,
    *,
    by: Actor = IMPORTER,
    publish_from: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CatalogueReport:
    """Define every item of the list at *path* in the catalogue *name*; publish it if *publish_from* is given.

    Importing the same list again changes nothing. Raises CatalogueUnreadableError, and Refused from the publication.
    """
    began, report, draft = perf_counter(), CatalogueReport(name), CatalogueDraft(approvals, name, by)
    rows = list(read_rows(path))
    report.rows = len(rows)
    catalogue = await approvals.state(stream_of(name))
    known = dict(catalogue.items) if isinstance(catalogue, Catalogue) else {}
    seen: dict[str, int] = {}
    departments: set[str] = set()
    for nth, (line, row) in enumerate(rows, start=1):
        item, findings = item_from(line, row)
        report.findings += findings
        if item is None:
            report.refused += 1
        elif item.task_code in seen:
            report.repeated += 1
            detail = f"{item.task_code} is already in line {seen[item.task_code]}"
            report.findings.append(Finding(line, "repeated", detail))
        else:
            seen[item.task_code] = line
            departments.add(item.dept_code)
            await _define(draft, item, line, known, report)
        if progress:
            progress(nth, len(rows))
    report.departments = len(departments)
    report.edition = await _publish(draft, publish_from)
    report.seconds = round(perf_counter() - began, 2)
    return report


async def _define(
    draft: CatalogueDraft,
    item: ServiceItem,
    line: int,
    known: dict[str, ServiceItem],
    report: CatalogueReport,
) -> None:
    """Define *item* in the draft, unless it is unchanged."""
    if known.get(item.task_code) == item:
        report.unchanged += 1
        return
    name = draft.name
    command = DefineServiceItem(catalogue=name, service=item)
    before = known.get(item.task_code)
    try:
        await draft.approvals.handle(stream_of(name), command, draft.by, _key(name, json.encode((before, item))))
    except Refused as refused:
        report.refused += 1
        detail = f"{item.task_code}: {refused.sentence}. {refused.remedy}"
        report.findings.append(Finding(line, refused.code, detail))
        return
    report.defined += 1


async def _publish(draft: CatalogueDraft, valid_from: date | None) -> int:
    """Publish the draft if a day is given and it has changes; returns the number of the newest edition."""
    approvals, name = draft.approvals, draft.name
    catalogue = await approvals.state(stream_of(name))
    if not isinstance(catalogue, Catalogue):
        return 0
    newest = len(catalogue.editions)  # read now, as the publication changes the state
    if valid_from is None or not catalogue.changed:
        return newest
    command = PublishCatalogue(catalogue=name, valid_from=valid_from)
    await approvals.handle(stream_of(name), command, draft.by, _key(name, f"publish {newest + 1}".encode()))
    return newest + 1


def _key(name: str, change: bytes) -> UUID:
    """The command id: equal for the same change of the same item, so that a second import changes nothing."""
    return uuid5(stream_of(name), change.hex())
