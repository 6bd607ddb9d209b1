"""Files come with a form as parts of its body: stored, attached together with the act, and refused with a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from msgspec import json

from api.acts.fields import FILES
from api.app import PAGES, create_app
from domain.examples.materials import REPORT
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from tests.api.client import Door, identity
from tests.api.forms.conftest import ENTRY, OFFICE, FormClient, accepted, consulted, form, seen
from tests.examples import BUREAU, MANAGER
from tests.infrastructure.materials.fake_clamd import EICAR, clamd
from tests.projections.zone import project_id

pytestmark = pytest.mark.usefixtures("projector")
PDF = b"%PDF-1.7\n" + REPORT
Upload = tuple[str, bytes, str]


@pytest.fixture(scope="module")
def scanner() -> Iterator[str]:
    """The address of a malware scanner."""
    with clamd() as address:
        yield address


@pytest.fixture(scope="module")
def app(approvals: Approvals, scanner: str, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    settings = Settings(data=tmp_path_factory.mktemp("data"), clamd=scanner, materials_bytes_max=300_000)
    return create_app(approvals, Views(approvals.store), settings, pages=PAGES)


async def sent(client: FormClient, status: int, *files: Upload, **fields: str) -> str:
    """The page that follows the button for the review, sent in parts with *files*."""
    data = {name: text for name, text in client.hidden if name != "_file"}
    data |= {"_step": "review", **{name.replace("__", "."): text for name, text in fields.items()}}
    parts = [("_file", file) for file in files]
    digests = [("_file", (None, text)) for name, text in client.hidden if name == "_file"]
    response = await client.client.post(
        client.path, params={"lang": "zh"}, data=data, files=[*digests, *parts], headers=identity(client.by)
    )
    return client.take(response, status)


async def test_a_scan_is_the_evidence_of_an_outside_result(door: Door, approvals: Approvals) -> None:
    project = project_id("joint")
    key_in = form(door, "record_external_result", project, "tax", by=MANAGER)
    assert 'enctype="multipart/form-data"' in await key_in.open()
    page = seen(await sent(key_in, 200, ("税务登记证.pdf", PDF, "application/pdf"), outcome="granted"))
    assert "附件 税务登记证.pdf" in page
    assert "凭据：税务登记证.pdf" in page
    await key_in.act()
    state = await approvals.project(project)
    assert state.items["tax"].outcome == "granted"
    assert [material.items.keys() for material in state.materials.values()] == [{"tax"}]


async def test_papers_are_attached_to_what_is_applied_for(door: Door, approvals: Approvals) -> None:
    project = await consulted(door)
    apply = form(door, "submit_item", project, ENTRY, by=MANAGER)
    await apply.open()
    files = [("申请书.pdf", PDF, "application/pdf"), ("说明.txt", "说明".encode(), "application/octet-stream")]
    assert "申请书.pdf、说明.txt" in seen(await sent(apply, 200, *files))
    assert "办件编号" in (await door.get(await apply.act(), MANAGER)).text
    state = await approvals.project(project)
    assert len(state.materials) == 2
    assert state.items[ENTRY].stage == "submitted"


async def test_a_file_that_was_uploaded_is_not_lost_when_another_field_is_wrong(door: Door) -> None:
    project = await accepted(door)
    suspend = form(door, "suspend_clock", project, ENTRY, by=OFFICE)
    await suspend.open()
    page = seen(await sent(suspend, 422, ("告知书.pdf", PDF + b"1", "application/pdf")))
    assert "请选择“事由”" in page
    assert "已上传 告知书.pdf" in page
    assert "附件 告知书.pdf" in seen(await sent(suspend, 200, ground="hearing", notified="true"))


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (("程序.pdf", b"MZ\0\0program", "application/pdf"), "不接受可以运行的文件"),
        (("病毒.pdf", PDF + EICAR, "application/pdf"), "发现恶意程序，没有保存"),
        (("空.pdf", b"", "application/pdf"), "文件是空的"),
        (("大.pdf", PDF + b"0" * 300_000, "application/pdf"), "文件过大"),
        (("图.pdf", b"nothing of the kind", "application/pdf"), "文件内容与其类型不符"),
        (("表.xyz", PDF, "application/xyz"), "不接受这种类型的文件"),
        (("a" * 300 + ".pdf", PDF, "application/pdf"), "请改名后再上传"),
        (("图\u202efdp.exe.pdf", PDF, "application/pdf"), "请改名后再上传"),
        (("图" * 6_000 + ".pdf", PDF, "application/pdf"), "请改名后再上传"),
        (("图" * 60_000 + ".pdf", PDF, "application/pdf"), "请改名后再上传"),
        (("图%0D%0A纸.pdf", PDF, "application/pdf"), "请改名后再上传"),
    ],
)
async def test_a_file_that_is_not_taken_is_refused_beside_its_field(
    door: Door, file: Upload, sentence: str, approvals: Approvals
) -> None:
    attach = form(door, "attach_material", project_id("running"), by=MANAGER)
    await attach.open()
    html = await sent(attach, 422, file, items="land")
    assert sentence in html.partition('id="_file-fault"')[2].partition("</span>")[0]
    assert (await approvals.project(project_id("running"))).materials == {}


async def test_a_name_with_line_breaks_leaves_the_form_as_it_was_filled_in(door: Door) -> None:
    attach = form(door, "attach_material", project_id("running"), by=MANAGER)
    await attach.open()
    fields = [*(pair for pair in attach.hidden if pair[0] != "_step"), ("_step", "review"), ("items", "land")]
    texts = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode() for name, text in fields
    )
    head = b'--x\r\nContent-Disposition: form-data; name="_file"; filename="a\r\nb\n\r\n\r\nc.pdf"\r\n'
    body = head + b"Content-Type: application/pdf\r\n\r\n" + PDF + b"\r\n" + texts + b"--x--\r\n"
    headers = identity(MANAGER) | {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await door.client.post(attach.path, params={"lang": "zh"}, content=body, headers=headers)
    html = attach.take(answer, 422)
    assert "请改名后再上传" in html.partition('id="_file-fault"')[2].partition("</span>")[0]
    assert 'name="items" value="land" checked' in html


async def test_a_sign_of_a_phone_in_a_name_is_spelled_without_its_selector(door: Door) -> None:
    """`1️⃣` is three characters, of which the second shows nothing: no one could take it out of the name."""
    attach = form(door, "attach_material", project_id("running"), by=MANAGER)
    await attach.open()
    html = await sent(attach, 422, ("1\ufe0f\u20e3⚠\ufe0f营业执照\u3164.pdf", PDF + b"2", "application/pdf"))
    assert "已上传 1\u20e3⚠营业执照.pdf" in seen(html)
    await attach.press("discard", 303, [])


@pytest.mark.parametrize(("name", "shown"), [("⚠\ufe0f图.pdf", "⚠图.pdf"), ("图\u202e.pdf", "请改名后再上传")])
async def test_a_file_that_a_script_sent_beforehand_has_its_name_checked(door: Door, name: str, shown: str) -> None:
    attach = form(door, "attach_material", project_id("running"), by=MANAGER)
    await attach.open()
    stored = (await door.upload(PDF + b"3", "application/pdf", MANAGER)).json()
    file = {**{part: stored[part] for part in ("digest", "size", "media_type")}, "name": name}
    assert shown in seen(await sent(attach, 422, **{FILES: json.encode(file).decode()}))
    await attach.press("discard", 303, [])


async def test_a_form_of_an_item_begins_with_that_item(door: Door) -> None:
    html = await form(door, "attach_material", project_id("running"), "land", by=MANAGER).open()
    assert 'name="items" value="land" checked' in html
    assert 'name="items" value="water" checked' not in html


async def test_a_form_without_its_file_says_so(door: Door) -> None:
    attach = form(door, "attach_material", project_id("running"), by=MANAGER)
    await attach.open()
    assert "请选择要提交的文件" in seen(await attach.review(422, items="land"))


async def test_who_may_not_hand_in_papers_is_offered_no_file(door: Door) -> None:
    html = await form(door, "issue_card", project_id("running"), "land", by=BUREAU).open()
    assert 'type="file"' not in html


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disp"),
        ("application/x-www-form-urlencoded", b"_file=nonsense"),
        ("application/x-www-form-urlencoded", b"days=%ff"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 3000)),
    ],
)
async def test_a_body_that_is_no_form_is_refused(door: Door, kind: str, body: bytes) -> None:
    path = f"/items/{project_id('running')}/land/acts/attach_material"
    headers = identity(MANAGER) | {"Content-Type": kind}
    answer = await door.client.post(path, content=body, headers=headers)
    assert answer.status_code == 400, answer.text


async def test_a_body_beyond_all_limits_is_refused(door: Door) -> None:
    path = f"/items/{project_id('running')}/land/acts/attach_material"
    headers = identity(MANAGER) | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await door.client.post(path, content=b"activity=" + b"x" * 2_000_000, headers=headers)
    assert answer.status_code == 413
