"""Audit bundles: a project's entries, or the zone's, with proofs, rules, calendars and a verifier, as a BagIt folder.

bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt  verify.py
data/entries.ndjson    one entry per line: position, stream, version, type, data, meta, both times, hash
data/proofs.ndjson     the path of each entry to the checkpoint; not for the zone, whose entries make the tree
data/leaves            of the zone: the 40 bytes of each leaf of the log, by which a changed entry can be named
data/restores.ndjson   after restores: each statement, the first one first, and the proof that leads to the next tree
data/checkpoint        the signed checkpoint, with the cosignatures there are
data/time-stamps/      the newest RFC 3161 stamp, where there is one, and the checkpoint that it is over
data/keys.txt          the public keys of log and witnesses
data/materials.ndjson  SHA-256, name and size of each file attached
data/rules/  data/calendars/   the law packs that the entries name, and the calendars, as shipped
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from hashlib import file_digest
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import psycopg
from msgspec import Struct

from domain.core.ledger import Refused
from domain.messages import tag_of
from domain.project.materials.attachment import MaterialAttached
from domain.streams import CALENDAR, EPOCHS
from infrastructure.law.lawbook import entries as files_in
from infrastructure.ledger.pg_binary import microseconds
from infrastructure.privacy.cipher import has_plain_text
from infrastructure.proof.log import LogReader
from infrastructure.proof.note import ED25519, ED25519_KINDS, NoteVerifier
from infrastructure.proof.publisher import ProofFolder
from infrastructure.proof.restore_statement import EndedLog, RestoreStatement
from infrastructure.proof.time_stamps import newest_stamp

ROWS_AT_ONCE = 2000
COLUMNS = "seq, stream, version, type, data, meta, occurred_at, recorded_at, hash"
VERIFIER = "bundle_verifier.py"
BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
ATTACHED, CALENDAR_TAGS = tag_of(MaterialAttached), [tag_of(fact) for fact in CALENDAR.facts]
RESTORE_TAGS = [tag_of(fact) for fact in EPOCHS.facts]


class ExportedBundle(Struct, frozen=True):
    """What was written: how many *entries* of how many *streams*, up to the checkpoint's *size*."""

    folder: str
    entries: int
    streams: int
    size: int


def export_bundle(
    url: str,
    log: LogReader,
    keys: Sequence[NoteVerifier],
    folder: Path,
    project: UUID | None,
    now: datetime,
    progress: Callable[[int, int], None],
    restores: Sequence[EndedLog] = (),
) -> ExportedBundle:
    """Write the bundle of *project*, or of the whole zone, into the new *folder*.

    *keys* are the Ed25519 keys of the log and of the witnesses that cosigned: those that the verifier can check.
    *restores* are the logs that ended with a restore, the last one first.
    *progress* gets how many entries are written, of how many. Raises Refused where there is nothing to export, where
    the folder exists, or where the ledger has entries that the log does not hold yet.
    """
    if folder.exists():
        raise Refused("folder-exists", f"{folder} exists already", remedy="name a folder that does not exist yet")
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        size = log.checkpoint.size
        streams = None if project is None else _streams(connection, project, size)
        total = _count(connection, streams, size)
        if not total:
            raise Refused("nothing-to-export", "the log holds no entry yet", remedy="record something first")
        folder.mkdir(parents=True)
        (folder / "data").mkdir()
        laws: set[str] = set()
        seen: set[UUID] = set()
        with _writers(folder, proofs=project is not None) as write:
            for done, row in enumerate(_rows(connection, streams, size), 1):
                _write_entry(write, row, None if project is None else log)
                laws.add(json.loads(row[5]).get("law", ""))
                seen.add(row[1])
                progress(done, total)
    ended = _write_restores(folder / "data", log, restores)
    _write_context(folder / "data", log, [*keys, *ended], laws, whole=project is None)
    _seal(folder, now)
    return ExportedBundle(str(folder), total, len(seen), size)


def pack_bundle(folder: Path, file: Path) -> None:
    """Put the bundle in *folder* into one zip *file*, for a browser or the post. Raises Refused where it exists."""
    if file.exists():
        raise Refused("folder-exists", f"{file} exists already", remedy="name a file that does not exist yet")
    with file.open("xb") as opened:
        _pack(folder, opened, file.stem)


def pack_project(url: str, proofs: ProofFolder, project: UUID, file: IO[bytes], now: datetime) -> ExportedBundle:
    """Write the bundle of *project* as a zip into *file*, for a reader who may not see contact details.

    Raises Refused where there is nothing to export, or a contact is stored in clear; LogError, SigningKeyError.
    """
    with TemporaryDirectory(prefix="countersign-bundle-") as work:
        folder = Path(work) / str(project)
        log, ended = proofs.read_log(), proofs.restores()
        keys = signing_keys(proofs, log)
        bundle = export_bundle(url, log, keys, folder, project, now, lambda _done, _of: None, ended)
        _require_encrypted(folder / "data" / "entries.ndjson")
        _pack(folder, file, folder.name)
    return bundle


def signing_keys(proofs: ProofFolder, log: LogReader) -> list[NoteVerifier]:
    """The keys in *proofs* that signed the checkpoint of *log*, as far as the verifier of a bundle can check them."""
    keys = [key for key in proofs.trusted_keys() if key.algorithm in ED25519_KINDS]
    return [key for key in keys if log.note and log.note.signed_by(key)]


def _pack(folder: Path, file: IO[bytes], name: str) -> None:
    """Put the files in *folder* into the zip *file*, below *name*."""
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            packed.write(path, f"{name}/{path.relative_to(folder).as_posix()}")


def _require_encrypted(entries: Path) -> None:
    """Raise Refused where a personal text among *entries* is stored in clear, as those from before encryption are."""
    with entries.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if has_plain_text(entry["data"].encode()):
                raise Refused(
                    "bundle-with-contacts",
                    f"entry {entry['version']} has contact details that were stored before texts were encrypted",
                    remedy="ask the operator for the bundle: countersign export-audit writes it on the server",
                )


def _streams(connection: psycopg.Connection[Any], project: UUID, size: int) -> list[UUID]:
    """The project's stream, those of the calendars its dates were counted by, and that of restores.

    Raises Refused for no project.
    """
    if not _count(connection, [project], size):
        raise Refused("unknown-project", f"the log holds no entry of {project}", remedy="check the project's id")
    query = "SELECT DISTINCT stream FROM ledger.event WHERE type = ANY(%s) AND seq <= %s"
    return [project, *(stream for (stream,) in connection.execute(query, [[*CALENDAR_TAGS, *RESTORE_TAGS], size]))]


def _count(connection: psycopg.Connection[Any], streams: Sequence[UUID] | None, size: int) -> int:
    if streams is None:
        return size
    query = "SELECT count(*) FROM ledger.event WHERE stream = ANY(%s) AND seq <= %s"
    (count,) = connection.execute(query, [list(streams), size]).fetchone() or (0,)
    return int(count)


def _rows(connection: psycopg.Connection[Any], streams: Sequence[UUID] | None, size: int) -> Iterator[tuple[Any, ...]]:
    """The rows in the order of their positions, without ever holding more than some thousand."""
    with connection.cursor(name="bundle", binary=True) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        where = "TRUE" if streams is None else "stream = ANY(%(streams)s)"
        query = f"SELECT {COLUMNS} FROM ledger.event WHERE seq <= %(size)s AND {where} ORDER BY seq"  # noqa: S608 constants
        cursor.execute(query, {"streams": list(streams or ()), "size": size})
        yield from cursor


Write = Callable[[str, object], None]


@contextmanager
def _writers(folder: Path, *, proofs: bool) -> Iterator[Write]:
    """Opens the files of lines; yields a function that adds an object to one of them."""
    names = ["entries", "materials", *(["proofs"] if proofs else [])]
    with ExitStack() as stack:
        opened = {
            name: stack.enter_context((folder / "data" / f"{name}.ndjson").open("w", encoding="utf-8"))
            for name in names
        }

        def write(name: str, line: object) -> None:
            opened[name].write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")

        yield write


def _write_entry(write: Write, row: tuple[Any, ...], log: LogReader | None) -> None:
    """One entry, with its path in the *log*, if that is given, and the file it attaches, if it attaches one."""
    position, stream, version, type_, data, meta, occurred_at, recorded_at, hash_ = row
    entry = {
        "position": position,
        "stream": str(stream),
        "version": version,
        "type": type_,
        "data": data.decode(),
        "meta": meta.decode(),
        "occurred_us": microseconds(occurred_at),
        "recorded_us": microseconds(recorded_at),
        "hash": hash_.hex(),
    }
    write("entries", entry)
    if log is not None:
        write("proofs", {"position": position, "path": [node.hex() for node in log.inclusion(position)]})
    if type_ == ATTACHED:
        fact = json.loads(data)
        write("materials", {"position": position, **{key: fact[key] for key in ("digest", "name", "size")}})


def _write_restores(data: Path, log: LogReader, restores: Sequence[EndedLog]) -> list[NoteVerifier]:
    """Each statement, and the proof that what was left is the beginning of the next tree that was signed.

    Returns the Ed25519 keys by which the logs that ended have signed them.
    """
    lines: list[str] = []
    following = log
    for ended in restores:
        path = following.consistency(RestoreStatement.parse(ended.statement.text).kept_to)
        line = {"statement": str(ended.statement), "path": [hash_.hex() for hash_ in path]}
        lines.insert(0, json.dumps(line, ensure_ascii=False) + "\n")
        following = ended.log
    if lines:
        (data / "restores.ndjson").write_text("".join(lines), encoding="utf-8")
    signed = [(ended, key) for ended in restores for key in ended.keys if key.algorithm == ED25519]
    return [key for ended, key in signed if ended.statement.signed_by(key)]


def _write_context(data: Path, log: LogReader, keys: Sequence[NoteVerifier], laws: set[str], *, whole: bool) -> None:
    """Checkpoint, leaves (of the *whole* zone), stamp, keys, the law packs named by the entries, and the calendars."""
    if whole:
        with (data / "leaves").open("wb") as leaves:
            leaves.writelines(log.tree.all_leaves())
    (data / "checkpoint").write_text(str(log.note), encoding="utf-8")
    (data / "keys.txt").write_text("".join(f"{key.text}\n" for key in keys), encoding="utf-8")
    if stamped := newest_stamp(log.files.folder.parent):
        (data / "time-stamps").mkdir()
        for part in stamped:
            (data / "time-stamps" / part.name).write_bytes(part.read_bytes())
    (data / "rules").mkdir()
    law = files("domain.law")
    for name in sorted({name.partition("/")[0].partition("+")[0] for name in laws if name}):
        law_id, _, version = name.partition("@")
        pack = law / "packs" / law_id / f"{version}.toml"
        if pack.is_file():
            (data / "rules" / f"{name}.toml").write_bytes(pack.read_bytes())
    (data / "calendars").mkdir()
    for file in files_in(law / "calendar" / "data"):
        if file.name.endswith(".json"):
            (data / "calendars" / file.name).write_bytes(file.read_bytes())


def _seal(folder: Path, now: datetime) -> None:
    """Add the verifier, BagIt's own files, and the manifests with the SHA-256 of everything."""
    (folder / "verify.py").write_bytes((files("infrastructure.proof") / VERIFIER).read_bytes())
    payload = sorted(file for file in (folder / "data").rglob("*") if file.is_file())
    sizes = [file.stat().st_size for file in payload]
    (folder / "bagit.txt").write_text(BAGIT, encoding="utf-8")
    info = f"Bagging-Date: {now.date()}\nPayload-Oxum: {sum(sizes)}.{len(sizes)}\n"
    (folder / "bag-info.txt").write_text(info, encoding="utf-8")
    _write_manifest(folder, "manifest-sha256.txt", payload)
    tags = [folder / name for name in ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "verify.py")]
    _write_manifest(folder, "tagmanifest-sha256.txt", tags)


def _write_manifest(folder: Path, name: str, listed: Sequence[Path]) -> None:
    lines = [f"{_sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in listed]
    (folder / name).write_text("".join(lines), encoding="utf-8")


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return file_digest(data, "sha256").hexdigest()
