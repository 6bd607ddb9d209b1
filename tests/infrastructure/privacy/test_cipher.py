"""Marked texts are ciphertext as stored, and come back as they were; what can't be decrypted reads as erased."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from domain.core.personal import ERASED, person_id
from domain.messages import FACTS
from domain.project.application.note import NoteStep, StepNoted
from domain.project.feedback.complaint import ComplaintFiled, FileComplaint
from domain.project.information.recording import InformationRecorded, KnownField
from infrastructure.ledger.mapper import decode_fact, encode_fact
from infrastructure.ledger.sent_command import fingerprint_of
from infrastructure.privacy.cipher import (
    FIELDS_BY_TAG,
    MARK,
    MARKED_FACTS,
    decrypted_facts,
    encrypted_fact,
    persons_in,
)
from infrastructure.privacy.current import keystore

STREAM = UUID(int=7)
SAMPLES = Path(__file__).parents[2] / "samples"
TEXTS = st.text(st.characters(codec="utf-8"), max_size=300)


def complaint(about: str = "Zhang San, 13800000000", contact: str = "zhang@example.org") -> ComplaintFiled:
    return ComplaintFiled(complaint="c1", item="land", department="land", about=about, contact=contact, by="hengxin")


def stored(fact: ComplaintFiled, stream: UUID = STREAM) -> bytes:
    return encrypted_fact(stream, fact, encode_fact(fact))


@given(TEXTS, TEXTS)
def test_a_text_comes_back_as_it_was(about: str, contact: str) -> None:
    fact = complaint(about, contact)
    assert decode_fact(decrypted_facts(STREAM, stored(fact))) == fact


@given(TEXTS)
def test_what_looks_encrypted_stays_what_was_written(text: str) -> None:
    """A sender may write anything, also into texts that are not marked."""
    note = StepNoted(activity="note", reason="enc1:" + text)
    data = encode_fact(note)
    assert decode_fact(decrypted_facts(STREAM, data)) == note
    fact = complaint("enc1:" + text)
    assert decode_fact(decrypted_facts(STREAM, stored(fact))) == fact
    # From before encryption: whatever is no ciphertext is read as it is.
    assert decode_fact(decrypted_facts(STREAM, encode_fact(fact))) in (fact, complaint(ERASED))


def test_nothing_personal_is_in_the_stored_bytes() -> None:
    data = stored(complaint())
    assert MARK in data
    assert b"Zhang" not in data
    assert b"example.org" not in data
    assert stored(complaint()) != data, "the same text twice looks different"


@pytest.mark.parametrize("tag", sorted(FIELDS_BY_TAG))
def test_every_marked_fact_comes_back(tag: str) -> None:
    newest = max(SAMPLES.glob(f"{tag}.*.json"), key=lambda path: int(path.name.split(".")[1])).read_bytes()
    fact, stream = decode_fact(newest), uuid4()
    data = encrypted_fact(stream, fact, newest)
    assert decode_fact(decrypted_facts(stream, data)) == fact
    persons = set(persons_in(data))
    assert bool(persons) == (data != newest)
    for person in persons:
        assert keystore().destroy(person)
    if persons:
        assert ERASED in decrypted_facts(stream, data).decode()


def test_only_contacts_of_the_information_base_are_encrypted() -> None:
    day = decode_fact((SAMPLES / "information_recorded.1.json").read_bytes())
    assert isinstance(day, InformationRecorded)
    fields = (KnownField("phone", "13800000000"), KnownField("email", ""))
    for category, encrypted in (("contacts", True), ("land", False)):
        fact = InformationRecorded(category=category, fields=fields, as_of=day.as_of)
        data = encrypted_fact(STREAM, fact, encode_fact(fact))
        assert (b"13800000000" not in data, b'"value":""' in data) == (encrypted, True)


def test_a_ciphertext_moved_elsewhere_is_no_text() -> None:
    """To another stream, or into another field: a text can't be decrypted by quoting it there."""
    data = stored(complaint())
    moved = decode_fact(decrypted_facts(UUID(int=8), data))
    assert isinstance(moved, ComplaintFiled)
    assert (moved.about, moved.contact) == (ERASED, ERASED)
    content = json.decode(data)
    content["about"], content["contact"] = content["contact"], content["about"]
    swapped = decode_fact(decrypted_facts(STREAM, json.encode(content)))
    assert isinstance(swapped, ComplaintFiled)
    assert swapped.about == ERASED


def test_after_an_erasure_a_person_has_another_key() -> None:
    stream = uuid4()
    before = stored(complaint(), stream)
    keystore().destroy(person_id(stream, "complainant:c1"))
    after = encrypted_fact(stream, complaint("again"), encode_fact(complaint("again")), {"complainant:c1": 1})
    both = json.decode(b"[" + decrypted_facts(stream, before + b"," + after) + b"]")
    assert [content["about"] for content in both] == [ERASED, "again"]
    assert set(persons_in(after)) == {person_id(stream, "complainant:c1", 1)}


def test_what_is_not_marked_is_left_alone() -> None:
    assert StepNoted not in MARKED_FACTS
    assert len(MARKED_FACTS) < len(FACTS) / 5
    data = encode_fact(StepNoted(activity="note"))
    assert decrypted_facts(STREAM, data) is data
    assert decrypted_facts(STREAM, b'{"enc1:"') == b'{"enc1:"'


def test_a_fingerprint_of_personal_text_can_not_be_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filed, note = FileComplaint(complaint="c1", about="Zhang San"), NoteStep(activity="note")
    here = fingerprint_of(STREAM, filed), fingerprint_of(STREAM, note)
    assert here == (fingerprint_of(STREAM, filed), fingerprint_of(STREAM, note))
    monkeypatch.setenv("COUNTERSIGN_KEYS", str(tmp_path / "other"))
    elsewhere = fingerprint_of(STREAM, filed), fingerprint_of(STREAM, note)
    assert elsewhere[0] != here[0]
    assert elsewhere[1] == here[1]
