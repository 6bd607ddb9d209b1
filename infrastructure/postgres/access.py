"""Peer authentication of the embedded server: which local accounts may connect, and as which role (pg_ident.conf).

Without the map, the account that runs the server would be its superuser, and other programs may use that account too
(`postgres`, `nobody`).
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

from infrastructure.durable_files import sync_folder
from infrastructure.postgres.binaries import ACCOUNTS, Account
from infrastructure.postgres.cluster import OWNER, postmaster
from infrastructure.postgres.roles import LOGIN

MAP = "countersign"
LINE = f"# Who may connect as whom; lines of the map {MAP} are added at every start, and stay."
LOCAL = re.compile(r"^(local[ \t]+(?:all|replication)[ \t]+all[ \t]+)(?:trust|peer)[ \t]*$", re.MULTILINE)
PRIVATE = 0o600


def restrict_access(folder: Path, account: Account) -> None:
    """Allow only this account and root to connect, also in folders of older releases, which trusted local accounts.

    Lines that an administrator has added to pg_hba.conf and pg_ident.conf are preserved. A running server reloads.
    """
    changed = [
        replace_config(folder / "pg_ident.conf", _with_accounts, account),
        replace_config(folder / "pg_hba.conf", _with_map, account),
    ]
    if any(changed) and (server := postmaster(folder)):
        os.kill(server.pid, signal.SIGHUP)


def _with_accounts(text: str, account: Account) -> str:
    wanted = {Account(0, 0), Account(os.geteuid(), os.getegid())}
    if account.name == ACCOUNTS[0]:  # ours alone; the others in the list have other uses
        wanted.add(account)
    names = sorted({allowed.name for allowed in wanted} - {""})
    lines = [f'{MAP} "{name}" {role}' for name in names for role in (OWNER, LOGIN)]
    missing = [line for line in lines if line not in text.splitlines()]
    if not missing:
        return text
    note = [] if LINE in text.splitlines() else [LINE]
    return "\n".join([text.rstrip("\n"), *note, *missing, ""])


def _with_map(text: str, _: Account) -> str:
    return LOCAL.sub(rf"\1peer map={MAP}", text)


def replace_config(file: Path, change: Callable[[str, Account], str], account: Account) -> bool:
    """Change a configuration file of the server atomically. Returns whether there was anything to change."""
    before = file.read_text()
    after = change(before, account)
    if after == before:
        return False
    fresh = file.with_name(f"{file.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, PRIVATE)
    with os.fdopen(descriptor, "w") as writing:
        writing.write(after)
        writing.flush()
        if os.geteuid() == 0:
            os.fchown(writing.fileno(), account.uid, account.gid)
        os.fsync(writing.fileno())
    fresh.replace(file)
    sync_folder(file.parent)
    return True
