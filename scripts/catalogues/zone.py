"""`countersign publish-zone`: the shipped catalogue of 131 service items, and the flow to trial production."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from uuid import uuid5
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

from domain.catalogue.state import Catalogue
from domain.catalogue.state import stream_of as catalogue_stream
from domain.core.ledger import Actor, Refused
from domain.flow.publication import PublishFlow
from domain.flow.state import Flow, stream_of
from infrastructure.ledger.approvals import Approvals
from scripts.catalogues.import_catalogue import IMPORTER, CatalogueReport, import_catalogue

FOLDER = Path(__file__).parents[1] / "data" / "zone"
CATALOGUE, FLOW = "zone", "zone-investment"
VALID_FROM = date(2018, 1, 2)  # the first working day of the shipped calendars, so that older cases are covered
ZONE = ZoneInfo("Asia/Shanghai")


class ZoneReport(Struct):
    """The result of publishing the zone."""

    catalogue: CatalogueReport
    flow: str
    flow_edition: int
    flow_published: bool  # by this call; false if the edition existed already


def shipped_flow() -> PublishFlow:
    """The shipped flow. Raises ValueError if the file is no flow."""
    document = tomllib.loads((FOLDER / "flow.toml").read_text(encoding="utf-8"))
    return msgspec.convert(document, PublishFlow)


async def publish_zone(approvals: Approvals, *, by: Actor = IMPORTER, valid_from: date = VALID_FROM) -> ZoneReport:
    """Publish the shipped catalogue and flow as acts of *by*, in force from *valid_from*. Again changes nothing.

    If there are editions already and the shipped catalogue differs, the new edition is in force from today.
    """
    catalogue = await approvals.state(catalogue_stream(CATALOGUE))
    if isinstance(catalogue, Catalogue) and catalogue.editions:
        valid_from = max(catalogue.editions[-1].valid_from, approvals.clock().astimezone(ZONE).date())
    report = await import_catalogue(approvals, FOLDER / "catalogue.csv", CATALOGUE, by=by, publish_from=valid_from)
    edition, published = await _publish_flow(approvals, by, valid_from)
    return ZoneReport(report, FLOW, edition, published)


async def _publish_flow(approvals: Approvals, by: Actor, valid_from: date) -> tuple[int, bool]:
    command = shipped_flow()
    flow = await approvals.state(stream_of(FLOW))
    editions = len(flow.editions) if isinstance(flow, Flow) else 0
    # The first edition is dated with the catalogue; later ones take effect now.
    since = datetime.combine(valid_from, time(9), ZONE).astimezone(UTC)
    dated = command if editions else structs.replace(command, occurred_at=since)
    key = uuid5(stream_of(FLOW), msgspec.json.encode((editions, dated)).hex())
    try:
        await approvals.handle(stream_of(FLOW), dated, by, key)
    except Refused as refused:
        if refused.code != "nothing-to-publish":
            raise
        return editions, False
    return editions + 1, True
