"""Personal data over HTTP: shown until it is erased; an unavailable keystore is reported, and loses nothing."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.core.ledger import Actor, Role
from domain.core.personal import ERASED
from domain.privacy.erasure import ErasePerson
from infrastructure.ledger.approvals import Approvals
from tests.api.client import REGISTER, Door, problem
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER

pytestmark = pytest.mark.usefixtures("projector")

ABOUT = "They never answer Zhangsanfeng"
FILE = {"command": "file_complaint", "complaint": "c1", "item": "land", "about": ABOUT, "contact": "13812345678"}
ANSWER = {"command": "answer_complaint", "complaint": "c1", "answer": "We do now", "upheld": True}
ERASE = ErasePerson(data_subject="complainant:c1", reasons="on request")
ADMINISTRATOR = Actor("xu", "", Role.ADMINISTRATOR)


async def read(door: Door, project: UUID, position: int) -> list[str]:
    """The complaint in the list, by itself, and in the project's history, once the views have come to *position*."""
    listed = await door.get("/v1/feedback/complaints", BUREAU, after=position)
    alone = await door.get(f"/v1/projects/{project}/complaint", BUREAU, complaint="c1")
    history = await door.get(f"/v1/projects/{project}/history", BUREAU)
    return [listed.text, alone.text, history.text]


async def test_a_complaint_is_shown_until_its_complainant_is_erased(door: Door, approvals: Approvals) -> None:
    project = uuid4()
    for body, by in ((REGISTER, MANAGER), (FILE, APPLICANT), (ANSWER, LAND)):
        receipt = await door.post(project, body, by)
        assert receipt.status_code == 200, receipt.text
    assert [ABOUT in text for text in await read(door, project, receipt.json()["position"])] == [True, True, True]

    erased = await approvals.handle(project, ERASE, ADMINISTRATOR, uuid4())
    texts = await read(door, project, erased.receipt.position)
    assert [ERASED in text for text in texts] == [True, True, True]
    assert not any(ABOUT in text or "13812345678" in text for text in texts)


async def test_erasing_is_no_request_over_http(door: Door) -> None:
    project = uuid4()
    await door.post(project, REGISTER)
    body = {"command": "erase_person", "data_subject": "contact", "reasons": "on request"}
    assert (await door.post(project, body, ADMINISTRATOR)).status_code == 400


async def test_an_unavailable_keystore_is_reported(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, key = uuid4(), uuid4()
    await door.post(project, REGISTER)
    (tmp_path / "keys").write_text("in the way")
    with monkeypatch.context() as away:
        away.setenv("COUNTERSIGN_KEYS", str(tmp_path / "keys"))
        answer = await door.post(project, FILE, APPLICANT, key)
        problem(answer, "keys-away")
        assert answer.headers["retry-after"]
        assert (await door.post(project, {"command": "note_step", "activity": "visit"})).status_code == 200
    assert (await door.post(project, FILE, APPLICANT, key)).status_code == 200
