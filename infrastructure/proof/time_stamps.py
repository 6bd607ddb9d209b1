"""RFC 3161 time stamps of checkpoints, by an external authority: one a day, where one is set.

A stamp shows to strangers when a checkpoint existed at the latest: neither zone nor witness can date it back. It is
over the file of the checkpoint, byte for byte, so that `openssl ts -verify -data CHECKPOINT -in STAMP` checks it:

time-stamps/<size>.checkpoint   the checkpoint as it was published
time-stamps/<size>.tsr          the authority's answer
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx2
import structlog
from cryptography.x509 import Certificate, load_pem_x509_certificates
from msgspec import Struct
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from infrastructure.durable_files import replace_file
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.note import SignedNote

STAMPS, ROOTS = "time-stamps", "tsa-roots.pem"  # in the folder of the log
EVERY = timedelta(hours=24)
RETRY = timedelta(minutes=10)  # after an authority did not answer
REQUEST_SECONDS_MAX = 10.0
REPLY_BYTES_MAX = 64 * 1024
QUERY = {"Content-Type": "application/timestamp-query"}

log = structlog.get_logger()


def newest_stamp(folder: Path) -> tuple[Path, Path] | None:
    """The files of checkpoint and stamp of the newest stamp in the log's *folder*; None where there is none."""
    file = next(iter(_stamps_in(folder)), None)
    return (file.with_suffix(".checkpoint"), file) if file else None


def _stamps_in(folder: Path) -> list[Path]:
    """The stamps in the log's *folder*, the newest first."""
    stamps = [file for file in (folder / STAMPS).glob("*.tsr") if file.stem.isdecimal()]
    return sorted(stamps, key=lambda file: int(file.stem), reverse=True)


class TimeStampError(Exception):
    """There is no valid time stamp. The sentence says why."""


class StampedCheckpoint(Struct, frozen=True):
    """A checkpoint of *size* entries that existed at the instant *at*, by its stamp in *file*."""

    size: int
    at: datetime
    file: Path


class TimeStamps:
    """The time stamps in *folder*, of the authority at *url*, whose certificates lead to those in `tsa-roots.pem`."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url
        self._tried_at: datetime | None = None

    def stamp_if_due(self, note: SignedNote, now: datetime) -> StampedCheckpoint | None:
        """Have *note* stamped, if the last stamp is a day old; None where it is not, or the authority does not answer.

        A failure is logged and tried again later: checkpoints don't wait for stamps.
        """
        if not self._url or not self._is_due(LogCheckpoint.of(note).size, now):
            return None
        self._tried_at = now
        try:
            return self.stamp(note)
        except TimeStampError as failure:
            log.warning("time_stamp_missing", authority=self._url, reason=str(failure))
            return None

    def _is_due(self, size: int, now: datetime) -> bool:
        if self._tried_at is not None and now - self._tried_at < RETRY:
            return False
        last = self.last()
        return last is None or (last.size != size and now - last.at >= EVERY)

    def stamp(self, note: SignedNote) -> StampedCheckpoint:
        """Ask the authority for a stamp of *note*, verify it and store it. Raises TimeStampError."""
        data = str(note).encode()
        request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
        try:
            answer = httpx2.post(self._url, content=request.as_bytes(), headers=QUERY, timeout=REQUEST_SECONDS_MAX)
        except httpx2.HTTPError as error:
            raise TimeStampError(f"{self._url} can't be reached: {str(error) or type(error).__name__}") from error
        if answer.status_code != HTTPStatus.OK or len(answer.content) > REPLY_BYTES_MAX:
            raise TimeStampError(f"{self._url} answers {answer.status_code} with {len(answer.content)} bytes")
        stamp = self._verified(answer.content, data, VerifierBuilder.from_request(request))
        size = LogCheckpoint.of(note).size
        folder = self._folder / STAMPS
        folder.mkdir(exist_ok=True)
        replace_file(folder / f"{size}.checkpoint", data)
        replace_file(folder / f"{size}.tsr", answer.content)
        return StampedCheckpoint(size, stamp.tst_info.gen_time, folder / f"{size}.tsr")

    def last(self) -> StampedCheckpoint | None:
        """The newest stamp, which was verified again; None where there is none that is valid."""
        for file in _stamps_in(self._folder):
            try:
                stamp = self._verified(
                    file.read_bytes(), file.with_suffix(".checkpoint").read_bytes(), VerifierBuilder()
                )
            except (OSError, TimeStampError) as invalid:
                log.warning("time_stamp_invalid", file=str(file), reason=str(invalid))
                continue
            return StampedCheckpoint(int(file.stem), stamp.tst_info.gen_time, file)
        return None

    def _verified(self, stamp: bytes, data: bytes, builder: VerifierBuilder) -> TimeStampResponse:
        """The stamp over *data*. Raises TimeStampError."""
        for root in self._roots():
            builder = builder.add_root_certificate(root)
        try:
            response = decode_timestamp_response(stamp)
            builder.build().verify_message(response, data)
        except (VerificationError, ValueError) as error:
            raise TimeStampError(f"the time stamp is not valid: {error}") from error
        return response

    def _roots(self) -> list[Certificate]:
        file = self._folder / ROOTS
        try:
            return load_pem_x509_certificates(file.read_bytes())
        except (OSError, ValueError) as error:
            raise TimeStampError(f"the authority's root certificates in {file} can't be read: {error}") from error
