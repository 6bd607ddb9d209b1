"""The command line erases a person's data, says what can't be erased, and refuses officials and half an address."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from domain.access.state import stream_of as principal_stream
from domain.legal_person.registration import RegisterLegalPerson
from domain.legal_person.state import Contact, Particulars, PersonKind
from domain.legal_person.state import stream_of as legal_person_stream
from infrastructure.ledger import entry_draft
from infrastructure.ledger.approvals import Approvals
from scripts.cli import cli
from tests.infrastructure.privacy.test_erasure import MANAGER, SECRETS, USCC, everything, secrets_in, send
from tests.scripts.test_access import Run, _logs_of_others, refused, run

__all__ = ["_logs_of_others", "run"]  # fixtures

REASONS = ("--reasons", "on request")
REGISTER = RegisterLegalPerson(
    code=USCC,
    particulars=Particulars(name="Hengxin", kind=PersonKind.COMPANY, contact=Contact("Zhangsanfeng", "13812345678")),
    source="licence",
)


@pytest.fixture(autouse=True)
def _keys_beside_the_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As an installation without settings has them; the log stays out of the answers."""
    monkeypatch.delenv("COUNTERSIGN_KEYS")
    with capture_logs():
        yield


async def play(url: str) -> UUID:
    project = uuid4()
    async with Approvals(url) as approvals:
        await send(approvals, project)
        await send(approvals, legal_person_stream(USCC), [(MANAGER, REGISTER)])
    return project


async def histories(url: str, *streams: UUID) -> str:
    async with Approvals(url) as approvals:
        return repr([await approvals.history(stream) for stream in streams])


async def test_persons_are_erased_wherever_they_are(run: Run, database_url: str) -> None:
    project, legal_person = await play(database_url), legal_person_stream(USCC)
    assert secrets_in(await histories(database_url, project, legal_person)) == set(SECRETS)

    def erase_all() -> None:
        run("users", "add", "xu", "Xu")
        run("grants", "give", "xu", "administrator")
        run("users", "add", "chen", "Chen", "--contact", "13812345678")
        erased = run("erase-person", "complainant:c1", "--project", str(project), *REASONS, "--as", "xu")
        assert (erased["data_subject"], erased["plain_texts"]) == ("complainant:c1", 0)
        run("erase-person", "contact", "--project", str(project), *REASONS)
        run("erase-person", "contact", "--legal-person", USCC, *REASONS)
        run("erase-person", "contact", "--principal", "chen", *REASONS)

    await to_thread(erase_all)
    assert secrets_in(await histories(database_url, project, legal_person, principal_stream("chen"))) == set()
    assert secrets_in(everything(database_url, ["ledger"])) == set()
    assert (await to_thread(run, "verify"))["fault_count"] == 0


async def test_texts_from_before_encryption_are_counted(
    run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(entry_draft, "MARKED_FACTS", frozenset())
        project = await play(database_url)
    erased = await to_thread(run, "erase-person", "complainant:c1", "--project", str(project), *REASONS)
    assert erased["plain_texts"] == 3


def test_officials_strangers_and_half_an_address_are_refused(run: Run) -> None:
    run("users", "add", "li", "Li", "--contact", "13812345678")
    run("grants", "give", "li", "officer", "--over", "land")
    assert refused("erase-person", "contact", "--principal", "li", *REASONS).code == "official-not-erased"
    assert refused("erase-person", "contact", "--project", str(uuid4()), *REASONS).code == "not-registered"
    assert refused("erase-person", "contact", "--legal-person", USCC, *REASONS).code == "not-registered"
    for words in (("contact",), ("contact", "--project", str(uuid4()), "--principal", "li")):
        ended = CliRunner().invoke(cli, ["erase-person", *words, *REASONS])
        assert (ended.exit_code, "one of --project" in ended.output) == (2, True)
    ended = CliRunner().invoke(cli, ["erase-person", "contact", "--principal", "li", *REASONS, "--as", "li"])
    assert (ended.exit_code, "no grant as an administrator" in ended.output) == (2, True)
