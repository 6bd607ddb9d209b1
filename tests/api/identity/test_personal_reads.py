"""Who reads whom to call is in the security log, with the project and the address."""

from __future__ import annotations

from uuid import uuid4

import httpx

from infrastructure.identity.security_log import SecurityEntry, SecurityEvent
from tests.api.client import REGISTER
from tests.api.identity.site import EARLY, Site
from tests.api.identity.test_middleware import command, signed_in


async def rows_about(site: Site, project: str) -> list[SecurityEntry]:
    """What the log has, once everything collected is stored."""
    await site.identity.reads.flush()
    return list(await site.identity.log.read(EARLY, about=project))


def test_a_history_with_contacts_leaves_a_trace(site: Site, client: httpx.Client) -> None:
    project, manager = str(uuid4()), signed_in(client)
    fields = [{"key": "name", "value": "陈工"}, {"key": "phone", "value": "13800001111"}]
    entered = {"command": "record_information", "category": "contacts", "fields": fields}
    for body in ({**REGISTER, "manager": "wang.min"}, entered):
        headers = command() | {"Sec-Fetch-Site": "same-origin"}
        answer = manager.post(f"/v1/projects/{project}/commands", json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    assert "13800001111" in manager.get(f"/v1/projects/{project}/history").text
    (row,) = site.run(lambda: rows_about(site, project))
    assert (row.kind, row.detail) == (SecurityEvent.PERSONAL_DATA_READ, "information_contact")
    assert (row.principal, row.address, row.method) == ("wang.min", "127.0.0.1", "password")
    assert row.session is not None
