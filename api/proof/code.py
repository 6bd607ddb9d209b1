"""The code (二维码) on a printed notice: the proof of the entry that the notice is about, as an SVG."""

from __future__ import annotations

from urllib.parse import urljoin

import segno
from markupsafe import Markup

from domain.messages import Entry
from infrastructure.proof.log import LogError, LogReader
from infrastructure.proof.publisher import ProofFolder
from infrastructure.proof.receipt import printed_proof
from infrastructure.settings import Settings

VERIFY = "/verify"


def printed_code(settings: Settings, entry: Entry, title: str) -> Markup:
    """The code for *entry*, with *title* for those who can't see it; empty where the log does not hold it yet."""
    try:
        text = printed_text(ProofFolder(settings.proof_folder).read_log(), settings, entry)
    except LogError:  # a notice is printed without a code rather than not at all
        return Markup("")
    return Markup(code_svg(text, title))  # noqa: S704  drawn here: segno escapes the title


def printed_text(log: LogReader, settings: Settings, entry: Entry) -> str:
    """What the code holds. Raises LogError."""
    address = urljoin(settings.public_url, VERIFY) if settings.public_url else ""
    return printed_proof(log, entry.position, bytes.fromhex(entry.hash), address)


def code_svg(text: str, title: str) -> str:
    """*text* as a QR code without fixed size, black on white in any scheme of colours: scanners need that."""
    drawn = segno.make_qr(text, error="l")
    return str(drawn.svg_inline(title=title, omitsize=True, light="#fff", svgclass="qr", lineclass=None))
