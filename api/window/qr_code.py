"""二维码 the QR code of a receipt: the address at which a case is tracked, with its number and without its code."""

from __future__ import annotations

from urllib.parse import quote

import segno
from markupsafe import Markup

TRACK = "/window/track"
SCALE, BORDER = 3, 2  # pixels a module, and modules of white around: scanners need some


def tracking_address(base_url: str, case_number: str) -> str:
    """Where the case is tracked; the code is typed there."""
    return f"{base_url}{TRACK}?number={quote(case_number)}"


def tracking_qr(base_url: str, case_number: str, title: str) -> Markup:
    """The address as an SVG picture, which says *title* to those who can't see it."""
    made = segno.make(tracking_address(base_url, case_number), error="m", micro=False)
    drawn = made.svg_inline(
        scale=SCALE, border=BORDER, dark="#000", light="#fff", title=title, svgclass="qr", omitsize=False
    )
    return Markup(drawn)  # noqa: S704  the library escapes the title, and draws the rest
