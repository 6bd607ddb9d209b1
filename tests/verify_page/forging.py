"""Bundles that were tampered with, and the page's answer to them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from msgspec import Struct
from playwright.sync_api import Page

from infrastructure.proof.bundle import pack_bundle
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.merkle import GrowingHead, leaf, leaf_hash
from infrastructure.proof.note import NoteSigner, SignedNote
from tests.infrastructure.proof.test_bundle import LOG, WITNESS, rewrite

KEYS = f"{LOG.verifier.text}\n{WITNESS.verifier.text}\n"
Row = dict[str, Any]


class Answer(Struct, frozen=True):
    """What the page says: verdict, first bad position where one is named, and the outcome and text of each line."""

    verdict: str
    first_bad: int | None
    lines: list[tuple[str, str, str]]

    def of(self, check: str) -> list[tuple[str, str]]:
        """Outcome and text of the lines of one check."""
        return [(outcome, text) for name, outcome, text in self.lines if name == check]

    @property
    def failed(self) -> set[str]:
        """The checks that failed."""
        return {name for name, outcome, _ in self.lines if outcome == "failed"}


READ = """() => ({
    verdict: document.querySelector("#verdict").dataset.verdict,
    alert: document.querySelector("#result > .alert")?.textContent ?? "",
    lines: [...document.querySelectorAll("#result tr[data-check]")]
        .map(row => [row.dataset.check, row.dataset.outcome, row.lastChild.textContent]),
})"""


def ask(page: Page, *, keys: str = KEYS, earlier: str = "", file: Path | None = None, **fields: str) -> Answer:
    """Fill in the form, and read the answer."""
    if file is not None:
        page.set_input_files("#file", file)
    for name, value in {"keys": keys, "kept": earlier, **fields}.items():
        page.fill(f"#{name}", value)
    page.click("#verify button")
    page.wait_for_selector("#verdict")
    shown = page.evaluate(READ)
    digits = "".join(filter(str.isdigit, shown["alert"])) if "first bad entry" in shown["alert"] else ""
    return Answer(shown["verdict"], int(digits) if digits else None, [tuple(line) for line in shown["lines"]])


def packed(bundle: Path, folder: Path) -> Path:
    """The bundle as one file."""
    file = folder / "bundle.zip"
    file.unlink(missing_ok=True)
    pack_bundle(bundle, file)
    return file


def copied(bundle: Path, folder: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(bundle, folder / "copy"))


def rows_in(bundle: Path) -> list[Row]:
    """The entries of a bundle."""
    text = (bundle / "data" / "entries.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def sign_again(bundle: Path, rows: list[Row], signer: NoteSigner, *cosigners: NoteSigner) -> None:
    """Put *rows* into the bundle of a zone as if they had always been: leaves, head and signatures are made again."""
    tree, leaves = GrowingHead(), []
    for row in rows:
        leaves.append(leaf(row["position"], bytes.fromhex(row["hash"])))
        tree.add(leaf_hash(leaves[-1]))
    text = LogCheckpoint(signer.name, len(rows), tree.head()).text
    signatures = (signer.sign(text), *(cosigner.sign(text, 1_790_000_000) for cosigner in cosigners))
    (bundle / "data" / "checkpoint").write_text(str(SignedNote(text, signatures)), encoding="utf-8")
    (bundle / "data" / "leaves").write_bytes(b"".join(leaves))
    rewrite(bundle, rows)
