"""The archive: verified bundles of all projects that were settled before a day, with an index, in one folder.

index.csv      a line per bundle: project, code, name, last recorded, entries of the project, size of the signed tree
SHA256SUMS     of the index, and of the manifest of each bundle, which has the sums of its files
<project id>/  a bundle; one that is being written is called <project id>.part

It goes on where it was interrupted. Nothing leaves the ledger by it.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import psycopg
from msgspec import Struct

from domain.law.calendar.moment import midnight
from infrastructure.durable_files import replace_file, sync_folder
from infrastructure.proof.bundle import export_bundle, signing_keys
from infrastructure.proof.bundle_verifier import UnreadableError, parse_note, read_restores, verify
from infrastructure.proof.log import LogReader
from infrastructure.proof.note import ED25519_KINDS, NoteVerifier
from infrastructure.proof.publisher import ProofFolder
from infrastructure.tables.csv_file import CsvTable
from projections.sums import ZONE

INDEX, SUMS, PART, MANIFEST = "index.csv", "SHA256SUMS", ".part", "tagmanifest-sha256.txt"
HEADS = ("project", "code", "name", "last_recorded", "entries", "tree_size")
# Every item was granted or has ended, no one has to act on anything, and nothing was recorded from the day on.
CANDIDATES: LiteralString = """
    SELECT p.project, s.version, s.seq <= %(size)s, s.version = p.version
    FROM views.project AS p
    JOIN ledger.stream AS s ON s.stream = p.project JOIN ledger.event AS e ON e.seq = s.seq
    WHERE e.recorded_at < %(before)s
      AND p.items_total > 0 AND p.items_done = p.items_total AND p.complaints_open = 0
      AND NOT EXISTS (SELECT FROM views.waiting AS w WHERE w.project = p.project)
      AND NOT EXISTS (SELECT FROM views.evaluation AS v
                      WHERE v.project = p.project AND (v.closed_at IS NULL OR v.appeal = 'open'))
      AND NOT EXISTS (SELECT FROM views.supervision_order AS o WHERE o.project = p.project AND o.answered_at IS NULL)
      AND NOT EXISTS (SELECT FROM views.signal AS c WHERE c.project = p.project AND 'appealed' = (
                      SELECT f.state FROM views.signal_state AS f WHERE f.project = c.project AND f.card = c.card
                      ORDER BY f.version DESC LIMIT 1))
    ORDER BY p.project
"""
NAMES: LiteralString = "SELECT p.project, p.code, p.name FROM views.project AS p WHERE p.project = ANY(%s)"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SettledProjects(Struct, frozen=True):
    """The *versions* of projects that were settled before a day, by project.

    *unlogged* are those that the log does not hold whole yet, *behind* those that a view has not read whole.
    """

    versions: dict[UUID, int]
    unlogged: int
    behind: int


class ArchivedProjects(Struct, frozen=True):
    """What the archive in *folder* holds: *bundles*, of which *written* are new, and all of which were verified.

    *damaged*: what is wrong with which of them. *unlogged* and *behind* were left out: see `SettledProjects`.
    """

    folder: str
    before: date
    bundles: int
    written: int
    damaged: list[str]
    unlogged: int
    behind: int


class ArchiveBundle(Struct, frozen=True):
    """One bundle as it lies in the archive: its project's *entries*, the last of which was *recorded* then."""

    project: UUID
    entries: int
    recorded: datetime
    tree_size: int
    manifest: str  # SHA-256


def write_archive(
    url: str, proofs: ProofFolder, folder: Path, before: date, now: datetime, progress: Callable[[int, int], None]
) -> ArchivedProjects:
    """Write, or go on writing, the archive of what was settled *before* a day; verify every bundle that is in it.

    A bundle without the latest entries of its project is replaced. *progress* gets how many projects are done, of how
    many. Raises Refused, LogError, SigningKeyError, OSError, psycopg's errors.
    """
    log = proofs.read_log()
    settled = settled_before(url, midnight(before, ZONE), log.checkpoint.size)
    folder.mkdir(parents=True, exist_ok=True)
    projects = sorted({*settled.versions, *_present(folder)})
    keys = _trusted(proofs)
    bundles: list[ArchiveBundle] = []
    damaged: list[str] = []
    written = 0
    for done, project in enumerate(projects, 1):
        place, version = folder / str(project), settled.versions.get(project, 0)
        if not place.exists() or _is_outdated(place, project, version):
            _write(url, proofs, log, place, project, now)
            written += 1
        faults = _faults(place, keys)
        damaged += [f"{project}: {fault}" for fault in faults]
        if not faults:
            bundles.append(_read(place, project))
        progress(done, len(projects))
    _write_index(url, folder, bundles)
    return ArchivedProjects(
        str(folder), before, len(projects), written, damaged, unlogged=settled.unlogged, behind=settled.behind
    )


def settled_before(url: str, before: datetime, size: int) -> SettledProjects:
    """The projects that were settled *before* then, as far as the log of *size* entries holds them whole."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(CANDIDATES, {"before": before, "size": size}).fetchall()
    return SettledProjects(
        versions={project: version for project, version, is_logged, is_read in rows if is_logged and is_read},
        unlogged=sum(not is_logged for _, _, is_logged, _ in rows),
        behind=sum(is_logged and not is_read for _, _, is_logged, is_read in rows),
    )


def _present(folder: Path) -> Iterator[UUID]:
    """The projects of the bundles that are in the archive whole."""
    for place in folder.iterdir():
        try:
            yield UUID(place.name)
        except ValueError:
            continue  # the index, or a bundle that was being written


def _trusted(proofs: ProofFolder) -> list[NoteVerifier]:
    """The keys of the log, of its witnesses, and of the logs that ended with a restore."""
    keys = [*proofs.trusted_keys(), *(key for ended in proofs.restores() for key in ended.keys)]
    return [key for key in keys if key.algorithm in ED25519_KINDS]


def _write(url: str, proofs: ProofFolder, log: LogReader, place: Path, project: UUID, now: datetime) -> None:
    """Write the bundle beside its *place*, and put it there once it is whole."""
    part = place.with_name(f"{place.name}{PART}")
    shutil.rmtree(part, ignore_errors=True)
    export_bundle(url, log, signing_keys(proofs, log), part, project, now, lambda _done, _of: None, proofs.restores())
    if place.exists():
        shutil.rmtree(place)
    part.rename(place)
    sync_folder(place.parent)


def _faults(place: Path, keys: Sequence[NoteVerifier]) -> Sequence[str]:
    """What is wrong with the bundle, by its own verifier and those of *keys* that signed it.

    A key that was retired, one made since, or a witness that did not answer has signed other bundles alone; the keys
    of a log that ended with a restore are those of bundles written since.
    """
    try:
        text, signatures = parse_note((place / "data" / "checkpoint").read_text(encoding="utf-8"))
        signers = {(name, key_id) for name, key_id, _ in signatures}
        signed = [key for key in keys if (key.name, key.key_id) in signers]
        if not any(key.name == text.partition("\n")[0] for key in signed):
            return ["its checkpoint is signed by no known key of the log"]
        ended = {restore.ended for restore in read_restores(place)}
        return verify(place, [key.text for key in keys if key in signed or key.name in ended]).faults
    except (UnreadableError, OSError, UnicodeDecodeError, RecursionError) as failure:
        return [f"can't be verified: {failure}"]


def _is_outdated(place: Path, project: UUID, version: int) -> bool:
    """Whether the bundle lacks entries up to *version*. One that can't be read does not: it is named as damaged."""
    try:
        return _read(place, project).entries < version
    except (OSError, ValueError, KeyError):
        return False


def _read(place: Path, project: UUID) -> ArchiveBundle:
    """What the index says of a bundle. Raises OSError, ValueError, KeyError."""
    entries, recorded = 0, 0
    with (place / "data" / "entries.ndjson").open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if entry["stream"] == str(project):
                entries, recorded = entries + 1, entry["recorded_us"]
    size = int((place / "data" / "checkpoint").read_text(encoding="utf-8").split("\n")[1])
    manifest = sha256((place / MANIFEST).read_bytes()).hexdigest()
    return ArchiveBundle(project, entries, EPOCH + timedelta(microseconds=recorded), size, manifest)


def _write_index(url: str, folder: Path, bundles: Sequence[ArchiveBundle]) -> None:
    """Replace the index and the sums."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(NAMES, [[bundle.project for bundle in bundles]]).fetchall()
    named = {project: (code, name) for project, code, name in rows}
    file = io.BytesIO()
    table = CsvTable(file, INDEX, HEADS)
    for bundle in bundles:
        recorded = bundle.recorded.isoformat()
        code, name = named.get(bundle.project, ("", ""))
        table.rows([(str(bundle.project), code, name, recorded, bundle.entries, bundle.tree_size)])
    table.close([])
    index = file.getvalue()
    sums = [f"{sha256(index).hexdigest()}  {INDEX}\n"]
    sums += [f"{bundle.manifest}  {bundle.project}/{MANIFEST}\n" for bundle in bundles]
    replace_file(folder / INDEX, index)
    replace_file(folder / SUMS, "".join(sums).encode())
    sync_folder(folder)
