"""The command `countersign`: its verbs, each loaded when it is used, and how errors end it."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import psycopg
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from domain.core.ledger import Refused
from infrastructure.errors import OperatorError
from infrastructure.postgres.errors import FORBIDDEN, READ_ONLY, UNCHANGING
from scripts.console import UNREAD, abandon_output, flush_streams, open_streams, out, screen

__all__ = ["cli", "main"]

# A verb and the place of its function, or of the application that has its own verbs: to import all takes seconds.
VERBS = {
    "demo": "scripts.serve:demo",
    "serve": "scripts.serve:serve",
    "sandbox": "scripts.serve:sandbox",
    "migrate": "scripts.server.database_verbs:migrate",
    "stop": "scripts.server.database_verbs:stop",
    "status": "scripts.server.database_verbs:status",
    "doctor": "scripts.operation.doctor:doctor",
    "backup": "scripts.backup.verbs:backup",
    "restore": "scripts.backup.verbs:restore",
    "declare-restore": "scripts.backup.verbs:declare_restore",
    "backup-keys": "scripts.backup.keys:backup_keys",
    "restore-keys": "scripts.backup.keys:restore_keys",
    "replace-master-key": "scripts.backup.keys:replace_master_key",
    "renew-secret": "scripts.backup.keys:renew_secret",
    "support-bundle": "scripts.operation.support:support_bundle",
    "users": "scripts.identity:users",  # with the verbs for passwords, which identity adds
    "grants": "scripts.access.grants:grants",
    "keys": "scripts.access.keys:keys",
    "retention": "scripts.operation.support:retention",
    "security-log": "scripts.identity:security_log",
    "erase-person": "scripts.privacy:erase_person",
    "clear-erased": "scripts.backup.erased:clear_erased",
    "events": "scripts.client.verbs:events",
    "webhooks": "scripts.client.verbs:webhooks",
    "publish": "scripts.operation.publish:publish",
    "history": "scripts.history:history",
    "cases": "scripts.importing.verbs:cases",
    "replay": "scripts.verification:replay",
    "rebuild": "scripts.verification:rebuild",
    "verify": "scripts.verification:verify",
    "verify-materials": "scripts.verification:verify_materials",
    "sweep-materials": "scripts.verification:sweep_materials",
    "vectors": "scripts.verification:vectors",
    "log-key": "scripts.proof.log:log_key",
    "checkpoint": "scripts.proof.log:checkpoint",
    "proof": "scripts.proof.log:proof",
    "export-audit": "scripts.proof.log:export_audit",
    "archive": "scripts.proof.archive:archive",
    "witness": "scripts.proof.log:witness",
    "morning-report": "scripts.proof.statements:morning_report",
    "import-log": "scripts.importing.verbs:import_log",
    "take-over": "scripts.takeover.verbs:take_over",
    "export-log": "scripts.importing.event_log:export_log",
    "import-catalogue": "scripts.zone_commands:import_catalogue",
    "publish-zone": "scripts.zone_commands:publish_zone",
    "simulate": "scripts.zone_commands:simulate",
    "export-case-records": "scripts.exports.case_records:export_case_records",
    "export-facts": "scripts.facts:export_facts",
    "import-facts": "scripts.facts:import_facts",
    "number-cases": "scripts.facts:number_cases_again",
}


class VerbGroup(TyperGroup):
    """The verbs of the command line, of which only the chosen one is imported."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # click's own context
        del ctx
        return list(VERBS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | TyperGroup | None:  # type: ignore[override]
        del ctx
        return verb(cmd_name) if cmd_name in VERBS else None

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the framework's status for it means that something was found
            abandon_output()
            raise typer.Exit(UNREAD) from None


def verb(name: str) -> TyperCommand | TyperGroup:
    """The command *name*, imported from its place."""
    module, _, attribute = VERBS[name].partition(":")
    place = getattr(import_module(module), attribute)
    if isinstance(place, typer.Typer):
        group = get_group(place)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name)(place)
    command = get_command(alone)
    assert isinstance(command, TyperCommand), "an application with a single verb is that verb"
    return command


cli = typer.Typer(
    cls=VerbGroup,
    help="Countersign tracks the approvals of investment projects and computes their statutory deadlines.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def print_version(shows_version: bool) -> None:
    if shows_version:
        out.print(version("countersign"))
        raise typer.Exit


@cli.callback()
def about(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=print_version)
    ] = False,
) -> None:
    del show_version  # its callback has printed it


def main() -> None:
    """Run the command line. Errors that the operator can fix are printed as one sentence, with exit status 2."""
    open_streams()
    try:
        _run()
    except OperatorError as problem:
        screen.print(str(problem), style="red", highlight=False)
        sys.exit(2)
    except Refused as refusal:
        remedy = f"{refusal.remedy[:1].upper()}{refusal.remedy[1:].removesuffix('.')}." if refusal.remedy else ""
        screen.print(f"{refusal.sentence}. {remedy}".strip(), style="red", highlight=False)
        sys.exit(2)
    except (psycopg.OperationalError, *FORBIDDEN, *UNCHANGING) as failure:
        screen.print(f"Database error: {_reason(failure)}", style="red", highlight=False)
        sys.exit(2)
    except BrokenPipeError:
        abandon_output()
        sys.exit(UNREAD)
    except OSError as failure:  # a full disk, a folder that may not be read
        abandon_output()
        subject = f"{failure.filename} can't be used" if failure.filename else "Can't go on"
        screen.print(f"{subject}: {failure.strerror or failure}.", style="red", highlight=False)
        sys.exit(2)


def _reason(failure: psycopg.Error) -> str:
    """What went wrong, and the server's advice or ours, without the statement that it happened in."""
    message = failure.diag.message_primary
    if isinstance(failure, UNCHANGING):
        return f"{message or str(failure).strip()}. {READ_ONLY}"
    if not message:
        return str(failure).strip()
    hint = f" {failure.diag.message_hint}" if failure.diag.message_hint else ""
    return f"{message}.{hint}"


def _run() -> None:
    try:
        cli()
    finally:
        flush_streams()


if __name__ == "__main__":
    main()
