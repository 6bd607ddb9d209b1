"""The notices of a zone before judges of other makers: each PDF is the PDF/UA that it says it is."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import psycopg
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject

from api.app import PAGES
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.client import identity
from tests.api.served import served
from tests.conftest import reachable_folder
from tests.examples import BUREAU
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.proofs.log import PYTHONS, environment_with
from tests.proofs.proof import Budget, Proof, RefutedError, SkippedError

# The first has a rule for each of the conditions of ISO 14289-1 that a program can decide, and agrees with veraPDF on
# its corpus of test files. The second, by other hands, has a dozen of them, and reads files by qpdf.
JUDGES = ("page-validation==0.11.0", "pdfua==0.1.3", "fonttools==4.68.0")
# The first takes widths of CID-keyed CFF fonts for zero where the fonts in it have a FontMatrix of their own, as in
# those that typst embeds; so did veraPDF (veraPDF-parser, pull request 727). fontTools reads the widths instead.
MISREAD = "PDFUA1-FONT-GLYPH-WIDTH-001"
VERDICTS = """
import io, json, sys
import page, pikepdf
from fontTools.cffLib import CFFFontSet
from fontTools.pens.basePen import NullPen
from pdfua import validate

def declared(array):
    widths, parts = {}, list(array)
    while parts:
        first, second = int(parts.pop(0)), parts.pop(0)
        if isinstance(second, pikepdf.Array):
            widths |= {first + nth: float(width) for nth, width in enumerate(second)}
        else:
            widths |= dict.fromkeys(range(first, int(second) + 1), float(parts.pop(0)))
    return widths

def widths(path):
    wrong, read = [], 0
    with pikepdf.open(path) as pdf:
        for font in pdf.objects:
            if not isinstance(font, pikepdf.Dictionary) or font.get("/Subtype") != "/CIDFontType0":
                continue
            program = CFFFontSet()
            program.decompile(io.BytesIO(font.FontDescriptor.FontFile3.read_bytes()), None)
            top, given = program.topDictIndex[0], declared(font.get("/W", []))
            for name in top.charset[1:]:
                glyph, cid = top.CharStrings[name], int(name.removeprefix("cid"))
                glyph.draw(NullPen())
                width, read = 1000 * top.FontMatrix[0] * glyph.width, read + 1
                if abs(width - given.get(cid, float(font.get("/DW", 1000)))) > 1:
                    wrong.append(f"{font.BaseFont} {name}")
    return wrong, read

def verdict(path):
    report, (wrong, read) = page.validate_pdf(path, profile="ua1"), widths(path)
    return [
        {"judge": "page", "rules": report.rules.total, "failed": sorted({f.rule_id for f in report.failures})},
        {"judge": "pdfua", "rules": 0, "failed": sorted({f.rule_id for f in validate(path).findings})},
        {"judge": "fontTools", "rules": read, "failed": wrong},
    ]

print(json.dumps({path: verdict(path) for path in sys.argv[1:]}))
"""
PROJECTS, SEED, UNTIL = 12, 7, date(2026, 5, 20)
LOOKED_AT = at("05-20 18:00")
# One of each kind: level, state, by a clock or by hand.
CARDS = """
    SELECT DISTINCT ON (s.level, f.state, s.clock <> '') s.project, s.card FROM views.signal AS s
    JOIN views.signal_state AS f USING (project, card) WHERE s.level <> 'deemed'
    ORDER BY s.level, f.state, s.clock <> '', s.project, s.card
"""


def accessible_notices(_budget: Budget) -> str:
    """Set a notice of each kind in both languages; the judges accept all, and refuse each that is damaged."""
    with reachable_folder() as folder:
        judges = environment_with(JUDGES, folder, [sys.executable, *PYTHONS])
        files = notices(folder)
        verdicts = judged_by(judges, files)
        for path, by_judge in verdicts.items():
            failed = {verdict["judge"]: set(verdict["failed"]) - {MISREAD} for verdict in by_judge}
            if wrong := {judge: rules for judge, rules in failed.items() if rules}:
                raise RefutedError(f"{Path(path).name} is no PDF/UA: {wrong}")
        damaged = [damage(files[0], name) for name in DAMAGES]
        for path, by_judge in judged_by(judges, damaged).items():
            if not set().union(*(verdict["failed"] for verdict in by_judge)) - {MISREAD}:
                raise RefutedError(f"the judges accept {Path(path).name}")
        rules = next(iter(verdicts.values()))[0]["rules"]
        glyphs = sum(verdict[-1]["rules"] for verdict in verdicts.values())
    return f"{len(files)} notices keep {rules} rules, with {glyphs:,} glyphs; {len(damaged)} damaged ones are refused"


def notices(folder: Path) -> list[Path]:
    """The notices of a simulated zone as files. Raises SkippedError where none can be set."""
    url = EmbeddedPostgres(folder / "server", throw_away=True).start()
    migrate(url)
    asyncio.run(simulate(url, SimulationPlan(PROJECTS, SEED, UNTIL, processes=1), lambda _done, _all: None))
    project_all(url)
    with psycopg.connect(url) as connection:
        cards = connection.execute(CARDS).fetchall()
    files: list[Path] = []
    with served(url, PAGES, lambda: LOOKED_AT) as address:
        for nth, (project, card) in enumerate(cards):
            for lang in ("zh", "en"):
                place = f"{address}/pages/projects/{project}/card/notice.pdf"
                answer = httpx.get(place, params={"card": card, "lang": lang}, headers=identity(BUREAU), timeout=60)
                if answer.status_code == httpx.codes.NOT_IMPLEMENTED:
                    raise SkippedError(f"{answer.text}: on Debian, apt-get install fonts-noto-cjk")
                answer.raise_for_status()
                files.append(folder / f"notice-{nth}-{lang}.pdf")
                files[-1].write_bytes(answer.content)
    if not files:
        raise RefutedError("the simulated zone has no card")
    return files


def judged_by(judges: Path, files: Sequence[Path]) -> dict[str, list[dict[str, Any]]]:
    """What each judge says of each of *files*."""
    command = [str(judges / "python"), "-c", VERDICTS, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RefutedError(done.stderr[-3000:])
    verdicts: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return verdicts


def damage(file: Path, name: str) -> Path:
    """A copy of *file* that lacks what PDF/UA asks for under *name*."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(file.read_bytes())))
    root: Any = writer.root_object
    DAMAGES[name](root)
    path = file.with_name(f"without-{name}.pdf")
    writer.write(path)
    return path


def _without_widths(root: Any) -> None:
    """Take the widths of glyphs from the fonts of the first page."""
    for font in root["/Pages"]["/Kids"][0].get_object()["/Resources"]["/Font"].values():
        font.get_object()["/DescendantFonts"][0].get_object().pop(NameObject("/W"), None)


DAMAGES = {
    "tags": lambda root: root.pop(NameObject("/StructTreeRoot")),
    "marks": lambda root: root.pop(NameObject("/MarkInfo")),
    "title": lambda root: root.pop(NameObject("/ViewerPreferences"), None),
    "metadata": lambda root: root.pop(NameObject("/Metadata")),
    "language": lambda root: root.pop(NameObject("/Lang")),
    "widths": _without_widths,
}

PROOFS = (Proof("notices", "each notice of a card is PDF/UA-1 to validators of other makers", accessible_notices),)
