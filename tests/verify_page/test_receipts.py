"""Proofs of one entry on the page: a downloaded receipt, and the text of the code on a printed notice."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page

from api.proof.code import code_svg
from infrastructure.proof.receipt import PRINTED, PRINTED_BYTES_MAX
from tests.effort import chosen
from tests.infrastructure.proof.test_bundle import FORGER, LOG
from tests.verify_page.conftest import Exported
from tests.verify_page.forging import ask

pytestmark = pytest.mark.slow
MILLIMETRE_PIXELS = 96 / 25.4
PAPER_MILLIMETRES = 63  # as wide as the printed card shows it


def test_a_receipt_is_verified_offline(page: Page, exported: Exported, tmp_path: Path) -> None:
    file = tmp_path / "receipt.tlog-proof"
    file.write_text(exported.proven.receipt, encoding="utf-8")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    answer = ask(page, file=file)

    assert (answer.verdict, sent) == ("verified", [])
    assert exported.proven.hash in answer.of("inclusion")[0][1]


def test_a_plain_proof_needs_the_hash_from_elsewhere(page: Page, exported: Exported) -> None:
    assert ask(page, pasted=exported.proven.plain).verdict == "unreadable"
    assert "Enter it above" in page.inner_text("#result")
    assert ask(page, pasted=exported.proven.plain, hash=exported.proven.hash).verdict == "verified"
    other = ask(page, pasted=exported.proven.plain, hash="00" * 32)
    assert (other.verdict, other.first_bad) == ("refuted", exported.proven.position)
    assert ask(page, pasted=exported.proven.plain, hash="not hex").verdict == "unreadable"


def test_the_code_on_paper_is_small_and_verified(page: Page, exported: Exported) -> None:
    printed = exported.proven.printed

    assert len(printed) <= PRINTED_BYTES_MAX
    answer = ask(page, pasted=printed, keys=LOG.verifier.text)
    assert (answer.verdict, answer.failed) == ("verified", set()), answer
    assert exported.proven.hash in answer.of("inclusion")[0][1]


@pytest.mark.parametrize("place", chosen([12, 100, -1], [3, 12, 20, 60, 100, 150, -1]))
def test_no_byte_of_the_code_can_be_changed(page: Page, exported: Exported, place: int) -> None:
    encoded = exported.proven.printed.partition(PRINTED)[2]
    data = bytearray(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    data[place] ^= 1
    changed = PRINTED + urlsafe_b64encode(data).decode().rstrip("=")

    assert ask(page, pasted=changed, keys=LOG.verifier.text).verdict in {"refuted", "unreadable"}


def test_a_code_signed_by_another_is_refused(page: Page, exported: Exported) -> None:
    answer = ask(page, pasted=exported.proven.printed, keys=FORGER.verifier.text)
    assert (answer.verdict, answer.failed) == ("refuted", {"signature"})
    assert ask(page, pasted=f"{PRINTED}AAAA").verdict == "unreadable"
    assert ask(page, pasted="good morning").verdict == "unreadable"
    assert ask(page).verdict == "unreadable"


def test_the_address_in_the_code_fills_the_form(browser: Browser, address: str, exported: Exported) -> None:
    with browser.new_context(base_url=address) as window:
        tab = window.new_page()
        tab.goto(f"/verify?lang=en#{exported.proven.printed.partition('#')[2]}")
        tab.wait_for_selector("#verify:not([hidden])")
        assert ask(tab, keys=LOG.verifier.text, pasted=tab.input_value("#pasted")).verdict == "verified"


def test_a_scanner_reads_the_code_at_the_size_of_paper(browser: Browser, exported: Exported) -> None:
    tab = browser.new_page(device_scale_factor=2)  # 192 dots an inch: a poor printer
    width = round(PAPER_MILLIMETRES * MILLIMETRE_PIXELS)
    tab.set_content(f'<div style="width:{width}px">{code_svg(exported.proven.printed, "code")}</div>')
    picture = Image.open(BytesIO(tab.locator("svg").screenshot()))

    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [exported.proven.printed]
    tab.close()
