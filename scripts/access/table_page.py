"""The table of access as docs/reference/programs/access.md shows it: what each role sees and does, and on which cases.

`python -m scripts.access.table_page` prints it.
"""

from __future__ import annotations

from collections import defaultdict

from domain.access.decision import RELATIONS, ROLES
from domain.access.table import COMMAND_ACTIONS, TABLE, Relation
from domain.core.ledger import Role

HEAD = "| role | cases | sees | does |\n|---|---|---|---|\n"


def table_markdown() -> str:
    """A row for each role and each relation to a case; roles and relations in the order of the code."""
    rows = [_row(role, relation) for role in Role for relation in Relation]
    return HEAD + "".join(row for row in rows if row)


def public_markdown() -> str:
    """What needs no signing in, in one line."""
    return ", ".join(f"`{action}`" for action, rule in TABLE.items() if rule.public)


def _row(role: Role, relation: Relation) -> str:
    actions = [action for action, rule in TABLE.items() if rule.roles.get(role) is relation]
    if not actions:
        return ""
    sorts: defaultdict[bool, list[str]] = defaultdict(list)
    for action in sorted(actions):
        sorts[action in COMMAND_ACTIONS].append(f"`{action.removeprefix('read:')}`")
    who, where = ROLES[role], RELATIONS[relation]
    cells = (", ".join(sorts[is_command]) or "–" for is_command in (False, True))
    return f"| `{role.value}` {who.zh} | {where.en} | {' | '.join(cells)} |\n"


if __name__ == "__main__":
    print(table_markdown())
    print(public_markdown())
