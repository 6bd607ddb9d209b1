"""Audit bundles on the page: every row of the attack table that a bundle can show is found, with its position."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.effort import chosen
from tests.infrastructure.proof.test_bundle import FORGER, FORGERIES, LOG, WITNESS, rechained, rewrite, seal
from tests.verify_page.conftest import Exported
from tests.verify_page.forging import KEYS, Row, ask, copied, packed, rows_in, sign_again

pytestmark = pytest.mark.slow
DAY_MICROSECONDS = 86_400_000_000
PADDING_BYTES = 400_000  # behind the end of the tar: a call takes about 120,000 arguments
# What is unpacked comes two bytes at a time.
IN_SMALL_PIECES = """() => {
    window.usualDecompression = window.DecompressionStream;
    window.DecompressionStream = class {
        constructor(format) {
            const usual = new window.usualDecompression(format);
            const cut = new TransformStream({
                transform(chunk, out) {
                    for (let at = 0; at < chunk.length; at += 2) out.enqueue(chunk.subarray(at, at + 2));
                },
            });
            this.writable = usual.writable;
            this.readable = usual.readable.pipeThrough(cut);
        }
    };
}"""
both_kinds = pytest.mark.parametrize("kind", chosen(["project"], ["zone", "project"]))


def bundle_of(exported: Exported, kind: str) -> Path:
    """One of the bundles."""
    return exported.zone if kind == "zone" else exported.project


@both_kinds
def test_what_was_exported_is_verified_without_a_request(
    page: Page, exported: Exported, kind: str, tmp_path: Path
) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    answer = ask(page, file=packed(bundle_of(exported, kind), tmp_path))

    assert (answer.verdict, answer.first_bad, answer.failed) == ("verified", None, set()), answer
    assert {"files", "signature", "cosignature", "chains", "tree", "dates"} <= {check for check, _, _ in answer.lines}
    assert sent == []


def test_unconfirmed_keys_only_show_that_it_fits_together(page: Page, exported: Exported, tmp_path: Path) -> None:
    answer = ask(page, keys="", file=packed(exported.zone, tmp_path))
    assert (answer.verdict, [outcome for outcome, _ in answer.of("keys")]) == ("fits", ["unchecked"])


@pytest.mark.parametrize("form", ["tar", "gztar"])
def test_a_tar_of_the_folder_is_read_as_well(page: Page, exported: Exported, form: str, tmp_path: Path) -> None:
    file = Path(shutil.make_archive(str(tmp_path / "bundle"), form, exported.project.parent, "project"))
    assert ask(page, file=file).verdict == "verified"


def test_so_is_the_folder_itself(page: Page, exported: Exported) -> None:
    page.set_input_files("#folder", exported.project)
    assert ask(page).verdict == "verified"


@both_kinds
@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_entry_is_named(page: Page, exported: Exported, kind: str, name: str, tmp_path: Path) -> None:
    bundle = copied(bundle_of(exported, kind), tmp_path)
    rows = rows_in(bundle)
    forged = FORGERIES[name](rows)
    rewrite(bundle, forged)

    answer = ask(page, file=packed(bundle, tmp_path))

    changed = next(row["position"] for row, was in zip(forged, rows, strict=True) if row != was)
    assert (answer.verdict, answer.first_bad) == ("refuted", changed), answer
    assert answer.failed & {"chains", "tree"}


def closed_up(rows: list[Row]) -> list[Row]:
    """*rows* with positions without a gap."""
    return [row | {"position": place} for place, row in enumerate(rows, 1)]


def test_a_cut_tail_and_a_deleted_project_are_named(page: Page, exported: Exported, tmp_path: Path) -> None:
    bundle = copied(exported.zone, tmp_path)
    rows = rows_in(bundle)
    stream = next(row["stream"] for row in rows if row["type"] == "project_registered")
    left = [row for row in rows if row["stream"] != stream]
    first = next(row["position"] for row in rows if row["stream"] == stream)

    for changed, position in (
        (rows[:-2], len(rows) - 1),
        (left, first),
        (closed_up(left), first),
    ):
        rewrite(bundle, changed)
        answer = ask(page, file=packed(bundle, tmp_path))
        assert (answer.verdict, answer.first_bad, "tree" in answer.failed) == ("refuted", position, True), answer


def test_a_ledger_made_again_is_not_by_the_keys_of_log_and_witness(
    page: Page, exported: Exported, tmp_path: Path
) -> None:
    bundle = copied(exported.zone, tmp_path)
    sign_again(bundle, rechained(rows_in(bundle), 0, occurred_us=5), FORGER)
    (bundle / "data" / "keys.txt").write_text(f"{FORGER.verifier.text}\n")
    seal(bundle)

    assert (
        ask(page, keys="", file=packed(bundle, tmp_path)).verdict == "fits"
    )  # which is why its own keys prove nothing
    answer = ask(page, file=packed(bundle, tmp_path))
    assert (answer.verdict, answer.failed) == ("refuted", {"signature"})
    assert len([outcome for outcome, _ in answer.of("signature") if outcome == "failed"]) == len(KEYS.splitlines())


def test_an_older_backup_and_a_rewritten_past_contradict_a_checkpoint_that_was_kept(
    page: Page, exported: Exported, tmp_path: Path
) -> None:
    earlier = (exported.earlier / "data" / "checkpoint").read_text(encoding="utf-8")
    file = packed(exported.zone, tmp_path)
    assert ask(page, file=file, earlier=earlier).of("kept")[0][0] == "passed"

    restored = ask(page, file=packed(exported.earlier, tmp_path), earlier=exported.checkpoint)
    assert (restored.verdict, restored.first_bad) == ("refuted", len(rows_in(exported.earlier)) + 1)

    bundle = copied(exported.zone, tmp_path)
    sign_again(bundle, rechained(rows_in(bundle), 0, occurred_us=5), LOG, WITNESS)
    rewritten = ask(page, file=packed(bundle, tmp_path), earlier=earlier)
    assert (rewritten.verdict, rewritten.failed) == ("refuted", {"kept"})


@pytest.mark.parametrize(
    "name", chosen(["checkpoint", "entries.ndjson"], ["checkpoint", "keys.txt", "entries.ndjson", "calendars/cn.json"])
)
def test_a_changed_or_missing_file_is_named(page: Page, exported: Exported, name: str, tmp_path: Path) -> None:
    bundle = copied(exported.project, tmp_path)
    file = bundle / "data" / name
    file.write_bytes(file.read_bytes() + b"\n")
    answer = ask(page, file=packed(bundle, tmp_path))
    assert f"data/{name} is not the file in the manifest" in answer.of("files")[0][1]
    file.unlink()
    assert ask(page, file=packed(bundle, tmp_path)).verdict in {"refuted", "unreadable"}


def test_a_wrong_due_date_is_found_though_all_signatures_fit(page: Page, exported: Exported, tmp_path: Path) -> None:
    """The zone itself has stated another day than the law gives, and signed it."""
    bundle = copied(exported.zone, tmp_path)
    rows = rows_in(bundle)
    place = next(place for place, row in enumerate(rows) if row["type"] == "deadline_warned")
    fact = json.loads(rows[place]["data"])
    stated = fact["proof"]["due_on"]
    fact["proof"]["due_on"] = "2027-01-04"
    data = json.dumps(fact, ensure_ascii=False, separators=(",", ":"))
    sign_again(bundle, rechained(rows, place, data=data), LOG, WITNESS)

    answer = ask(page, file=packed(bundle, tmp_path))

    assert (answer.verdict, answer.failed) == ("refuted", {"dates"}), answer
    assert answer.first_bad == rows[place]["position"]
    assert f"stated as 2027-01-04; counted again it is {stated}" in answer.of("dates")[0][1]


def test_dates_that_no_longer_follow_from_the_facts_are_found(page: Page, exported: Exported, tmp_path: Path) -> None:
    """The acceptance is dated a day later in the whole ledger: what was warned of begins on another day."""
    bundle = copied(exported.zone, tmp_path)
    rows = rows_in(bundle)
    amended = {json.loads(row["data"])["item"] for row in rows if row["type"] == "entry_amended"}
    warnings = [(row["stream"], json.loads(row["data"])) for row in rows if row["type"] == "deadline_warned"]
    stream, item = next(
        (stream, fact["item"])
        for stream, fact in warnings
        if fact["proof"]["clock"] == "commitment" and fact["item"] not in amended
    )
    place = next(
        place
        for place, row in enumerate(rows)
        if (row["type"], row["stream"]) == ("item_accepted", stream) and json.loads(row["data"])["item"] == item
    )
    later = rows[place]["occurred_us"] + DAY_MICROSECONDS
    sign_again(bundle, rechained(rows, place, occurred_us=later), LOG, WITNESS)

    answer = ask(page, file=packed(bundle, tmp_path))

    assert (answer.verdict, answer.failed) == ("refuted", {"dates"}), answer
    assert f"commitment of {item}" in answer.of("dates")[0][1]


def test_what_is_no_bundle_is_said_to_be_none(page: Page, exported: Exported, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("hello")
    assert ask(page, file=packed(other, tmp_path)).verdict == "unreadable"
    assert "no audit bundle" in page.inner_text("#result")

    empty = copied(exported.project, tmp_path)
    rewrite(empty, [])
    assert ask(page, file=packed(empty, tmp_path)).verdict == "unreadable"
    assert "nothing could be verified" in page.inner_text("#result")
    assert ask(page, keys="not a key", file=packed(exported.project, tmp_path)).verdict == "unreadable"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("entries.ndjson", "null\n", "data/entries.ndjson, 1: this line holds no record"),
        ("entries.ndjson", '"x"\n', "data/entries.ndjson, 1: this line holds no record"),
        ("proofs.ndjson", "5\n", "data/proofs.ndjson, 1: this line holds no record"),
        ("rules/cn-licensing@2019-04-23.toml", "= =", "data/rules/cn-licensing@2019-04-23.toml: not a file of rules"),
        ("calendars/cn.json", "null", "data/calendars/cn.json: not a file of calendars"),
        ("calendars/cn.json", "{", "data/calendars/cn.json: not JSON"),
    ],
)
def test_what_can_not_be_read_of_a_bundle_is_named(
    page: Page, exported: Exported, name: str, content: str, says: str, tmp_path: Path
) -> None:
    bundle = copied(exported.project, tmp_path)
    (bundle / "data" / name).write_text(content)
    seal(bundle)
    assert ask(page, file=packed(bundle, tmp_path)).verdict == "unreadable"
    assert says in page.inner_text("#result")


def test_a_proof_without_a_path_proves_nothing(page: Page, exported: Exported, tmp_path: Path) -> None:
    bundle = copied(exported.project, tmp_path)
    proofs = [{"position": row["position"], "path": "x"} for row in rows_in(bundle)]
    (bundle / "data" / "proofs.ndjson").write_text("".join(f"{json.dumps(proof)}\n" for proof in proofs))
    seal(bundle)
    assert ask(page, file=packed(bundle, tmp_path)).failed == {"tree"}


def test_dates_whose_rules_are_missing_are_not_said_to_be_counted(
    page: Page, exported: Exported, tmp_path: Path
) -> None:
    bundle = copied(exported.zone, tmp_path)
    (bundle / "data" / "rules" / "cn-licensing@2019-04-23.toml").write_text("")
    seal(bundle)
    ((outcome, text),) = ask(page, file=packed(bundle, tmp_path)).of("dates_without")
    assert (outcome, "lacks the rules or the calendar cn-licensing@2019-04-23" in text) == ("unchecked", True)


@pytest.mark.parametrize("size", [b"-0000001000", b"77777777777", b"zzzzzzzzzzz", b""])
def test_an_archive_whose_sizes_make_no_sense_can_not_be_unpacked(page: Page, size: bytes, tmp_path: Path) -> None:
    """Whatever it says, the page comes to an end with it."""
    head = bytearray(512)
    head[: len(b"data/checkpoint")] = b"data/checkpoint"
    head[124 : 124 + len(size)] = size
    head[257:262] = b"ustar"
    file = tmp_path / "bundle.tar"
    file.write_bytes(bytes(head) + bytes(1024))
    assert ask(page, file=file).verdict == "unreadable"
    assert "can't be unpacked" in page.inner_text("#result")


@pytest.mark.parametrize(("field", "value"), [(20, b"\5\0\0\0"), (24, b"\5\0\0\0"), (42, b"\xff\xff\xff\x7f")])
def test_a_zip_whose_directory_lies_can_not_be_unpacked(
    page: Page, exported: Exported, field: int, value: bytes, tmp_path: Path
) -> None:
    """Of the last file the packed size, the size, or the place is another."""
    file = packed(exported.project, tmp_path)
    content = bytearray(file.read_bytes())
    place = content.rfind(b"PK\1\2") + field
    content[place : place + len(value)] = value
    file.write_bytes(content)
    assert ask(page, file=file).verdict == "unreadable"
    assert "can't be unpacked" in page.inner_text("#result")


def test_an_archive_that_unpacks_in_very_many_pieces_is_read(page: Page, exported: Exported, tmp_path: Path) -> None:
    """As one of gigabytes does."""
    file = tmp_path / "bundle.tar.gz"
    plain = Path(shutil.make_archive(str(tmp_path / "bundle"), "tar", exported.project.parent, "project"))
    file.write_bytes(gzip.compress(plain.read_bytes() + bytes(PADDING_BYTES)))
    page.evaluate(IN_SMALL_PIECES)
    try:
        assert ask(page, file=file).verdict == "verified"
    finally:
        page.evaluate("() => { window.DecompressionStream = window.usualDecompression; }")
