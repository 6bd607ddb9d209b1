"""Messages by mail, to a real SMTP server: confirmed first, of the role's own cases, ended by a link, retried."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from api.messages.mail import MailRenderer
from infrastructure.feed.reader import Feed
from infrastructure.ledger.approvals import Approvals
from infrastructure.messages.addresses import MailAddresses
from infrastructure.messages.mailer import FAILURES_MAX, Mailer, MailerParts, SmtpServer
from tests.api.client import NO_TLS, problem
from tests.api.identity.site import OFFICER, PASSWORD, PATIENCE, Site, signed_site
from tests.infrastructure.projector.test_projector import project_all

LINK = re.compile(r"http://127\.0\.0\.1:\d+(/messages/mail/\S+)")
ADDRESS = "li.qiang@example.org"
HANDS = [datetime.now(UTC)]


class Mailbox:
    """What came to the SMTP server."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's own
        """Take a mail."""
        del server, session
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@pytest.fixture(scope="module")
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture(scope="module")
def smtp(mailbox: Mailbox) -> Iterator[str]:
    """The address of an SMTP server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    yield f"smtp://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="module")
def site(shared_database_url: str, smtp: str) -> Iterator[Site]:
    project_all(shared_database_url)
    with signed_site(shared_database_url, smtp=smtp, public_url="http://127.0.0.1:{}") as opened:
        yield opened


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    """A client in which li.qiang is signed in as an officer."""
    with httpx.Client(verify=NO_TLS, base_url=site.address, timeout=PATIENCE) as opened:
        assert opened.post("/sign-in/password", data={"login": "li", "password": PASSWORD}).status_code == 303
        assert opened.post("/account/role", data={"grant": str(OFFICER.id)}).status_code == 303
        yield opened


def mailed(url: str, site: Site, smtp: str) -> int:
    """How many mails a step of the mailer sends, seven hours after the last step: the longest pause between tries."""
    HANDS[0] += timedelta(hours=7)

    async def step() -> int:
        async with Approvals(url, clock=lambda: HANDS[0]) as approvals:
            parts = MailerParts(
                Feed(approvals.store),
                MailAddresses(approvals.store),
                site.directory,
                SmtpServer(smtp, "countersign@example.org"),
                MailRenderer(approvals, site.address).site,
                approvals.clock,
            )
            return await Mailer(parts, url).step()

    project_all(url)
    return asyncio.run(step())


def submitted(site: Site) -> None:
    """An application to the land department."""
    with httpx.Client(verify=NO_TLS, base_url=site.address, timeout=PATIENCE) as client:
        assert client.post("/sign-in/password", data={"login": "wang", "password": PASSWORD}).status_code == 303
        project = uuid4()
        items = [{"item": "land-use", "name": "用地批准", "department": "land"}]
        register = {"command": "register_project", "name": "二期厂房", "manager": "wang.min", "items": items}
        for command in (register | {"enterprise": {"name": "恒信"}}, {"command": "submit_item", "item": "land-use"}):
            headers = {"Idempotency-Key": str(uuid4())}
            answer = client.post(f"/v1/projects/{project}/commands", json=command, headers=headers)
            assert answer.status_code == 200, answer.text


def link_in(mail: EmailMessage) -> str:
    """The path of the link that a mail's owner proves to have received it by."""
    match = LINK.search(mail.get_content())
    assert match is not None
    return match[1]


def test_mail_is_sent_once_confirmed_and_until_it_is_ended(
    shared_database_url: str, site: Site, client: httpx.Client, smtp: str, mailbox: Mailbox
) -> None:
    refused = client.post("/messages/mail?lang=zh", data={"address": "li@nowhere"}, follow_redirects=True)
    assert "请写完整的邮件地址" in refused.text
    entered = client.post("/messages/mail?lang=zh", data={"address": ADDRESS}, follow_redirects=True)
    assert f"确认邮件发送到 {ADDRESS}" in entered.text
    submitted(site)

    assert mailed(shared_database_url, site, smtp) == 1
    assert mailed(shared_database_url, site, smtp) == 0, "asked once"
    (asking,) = mailbox.mails
    assert (asking["To"], asking["Subject"]) == (ADDRESS, "请确认邮件提醒")
    path = link_in(asking)
    assert "确认接收" in httpx.get(f"{site.address}{path}", timeout=PATIENCE).text
    assert mailed(shared_database_url, site, smtp) == 0, "opening the link confirms nothing"
    httpx.post(f"{site.address}{path}", data={"confirm": "1"}, timeout=PATIENCE)

    assert mailed(shared_database_url, site, smtp) == 1
    message = mailbox.mails[-1]
    assert message["Subject"] == "1 条新消息"
    assert "提交申请 · 用地批准 · 二期厂房" in message.get_content()
    assert re.search(r"/messages/\d+\n", message.get_content())
    assert message["Message-ID"] != asking["Message-ID"]
    assert mailed(shared_database_url, site, smtp) == 0

    stop = message["List-Unsubscribe"].strip("<>")
    httpx.post(stop, data={"List-Unsubscribe": "One-Click"}, timeout=PATIENCE)
    submitted(site)
    assert mailed(shared_database_url, site, smtp) == 0
    assert "这个链接已失效" in httpx.get(stop, timeout=PATIENCE).text


def test_a_link_of_another_address_proves_nothing(site: Site, client: httpx.Client) -> None:
    client.post("/messages/mail", data={"address": ADDRESS})
    forged = f"{site.address}/messages/mail/{uuid4()}/{'A' * 24}"
    assert httpx.post(f"{forged}?lang=zh", data={"confirm": "1"}, timeout=PATIENCE).text.count("这个链接已失效") == 1
    client.post("/messages/mail", data={"end": "1"})
    assert 'type="email"' in client.get("/messages").text


def test_a_server_that_is_away_is_tried_again_then_given_up(
    shared_database_url: str, site: Site, client: httpx.Client
) -> None:
    client.post("/messages/mail", data={"address": ADDRESS})
    with socket.create_server(("127.0.0.1", 0)) as free:
        away = f"smtp://127.0.0.1:{free.getsockname()[1]}"
    assert mailed(shared_database_url, site, away) == 0
    assert "上一封未能发出" in client.get("/messages?lang=zh").text
    for _ in range(FAILURES_MAX - 1):
        mailed(shared_database_url, site, away)
    assert 'type="email"' in client.get("/messages").text


def test_without_a_server_there_is_no_mail(shared_database_url: str) -> None:
    with (
        signed_site(shared_database_url) as other,
        httpx.Client(verify=NO_TLS, base_url=other.address, timeout=PATIENCE) as client,
    ):
        client.post("/sign-in/password", data={"login": "wang", "password": PASSWORD})
        assert 'type="email"' not in client.get("/messages").text
        headers = {"Accept": "application/json"}
        problem(client.post("/messages/mail", data={"address": ADDRESS}, headers=headers), "not-found")
