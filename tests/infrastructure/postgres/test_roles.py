"""The login that serves: it does all that serving needs, and can change no fact, whatever a statement says."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from domain.examples.story import MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.health import database_health
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.write_probe import rehearse
from infrastructure.postgres.migrate import migrate
from infrastructure.postgres.roles import VIEWS, login_of, powers_of, settle_roles
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from infrastructure.verifier.verify import verify
from infrastructure.watcher.watch_schedule import WatchTable
from infrastructure.watcher.watcher import Watcher
from projections.registry import VIEWS as ALL_VIEWS
from scripts import ledger
from tests.infrastructure.projector.running import require_lead

REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")
OWNERS = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'views'"
FORBIDDEN = (
    "INSERT INTO ledger.event SELECT 999999999, gen_random_uuid(), 1, 'x', '', '', now(), now(), ''",
    "INSERT INTO ledger.command (id, fingerprint, seq, reply) VALUES (gen_random_uuid(), '', 1, '')",
    "UPDATE ledger.event SET data = ''",
    "DELETE FROM ledger.command",
    "UPDATE ledger.head SET seq = 0",
    "SET session_replication_role = replica",
    "ALTER TABLE ledger.event DISABLE TRIGGER append_only",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "CREATE TABLE ledger.mine ()",
    "ALTER FUNCTION ledger.refuse_change() RENAME TO changed",
    "SET ROLE countersign",
)


@pytest.fixture
def login_url(database_url: str) -> str:
    migrate(database_url)  # rights on the database itself are not copied with it
    return login_of(database_url)


@pytest.mark.parametrize("statement", FORBIDDEN)
@pytest.mark.parametrize("first", ["SET ROLE countersign_app", "SET ROLE countersign_views", "RESET ROLE"])
def test_the_login_changes_no_fact_and_runs_no_program(login_url: str, statement: str, first: str) -> None:
    with psycopg.connect(login_url, autocommit=True) as connection:
        connection.execute(first.encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


async def test_the_login_serves(login_url: str) -> None:
    async with Approvals(login_url) as approvals:
        answer = await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())
        assert answer.receipt.position == 1
        async with await psycopg.AsyncConnection.connect(login_url, autocommit=True) as connection:
            table, watcher = WatchTable(connection), Watcher(approvals, login_url)
            assert await watcher.take_lead(table)
            assert await watcher.step(table) > 0
        await rehearse(login_url)
    with psycopg.connect(login_url, autocommit=True) as connection:
        projector = Projector(login_url)
        require_lead(projector, connection)
        assert projector.step(connection) == 1
    assert rebuild(login_url).differences == ()
    assert [view.position for view in (await database_health(login_url)).views] == [1] * len(ALL_VIEWS)
    assert ledger.status(login_url).facts == 1
    assert verify(login_url, lambda *_: None)[0].faults == []
    assert migrate(login_url) == [], "nothing to do is fine for an account that may do nothing"


async def test_read_models_belong_to_a_role_of_their_own_and_are_read_by_the_application(login_url: str) -> None:
    with psycopg.connect(login_url, autocommit=True) as connection:
        require_lead(Projector(login_url), connection)
        assert connection.execute(OWNERS).fetchall() == [(VIEWS,)]
        connection.execute("SET ROLE countersign_app")
        assert connection.execute("SELECT count(*) FROM views.project").fetchone() == (0,)


def test_read_models_that_an_older_release_has_made_change_hands(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE views.older (n integer)")
        migrate(database_url)
        assert connection.execute(OWNERS).fetchall() == [(VIEWS,)]


def test_an_account_that_may_not_make_roles_goes_on_without(
    empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a server whose administrator has made the role that 0001 asks for, and no other."""
    name = f"test_{uuid4().hex[:8]}"
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        migrate(empty_database_url)
        connection.execute(f"CREATE ROLE {name} LOGIN; GRANT countersign_app TO {name}".encode())
        database = connection.info.dbname
        connection.execute(
            f"""
            ALTER DATABASE {database} OWNER TO {name};
            DO $$ DECLARE s text; BEGIN
                FOR s IN SELECT format('ALTER SCHEMA %I OWNER TO {name}', nspname) FROM pg_namespace
                         WHERE nspname IN ('ledger', 'views', 'watch') LOOP EXECUTE s; END LOOP;
            END $$
            """.encode()
        )
        try:
            connection.execute(f"SET SESSION AUTHORIZATION {name}".encode())
            assert powers_of(connection, name).owner
            settle_roles(connection)
        finally:
            connection.execute("RESET SESSION AUTHORIZATION")
            connection.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}".encode())
            connection.execute(f"DROP ROLE {name}".encode())
    assert "roles_not_settled" in capsys.readouterr().out
