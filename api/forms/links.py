"""Addresses of the forms of commands, and of their receipts.

A form is at `/items/{project}/{item}/acts/{command}` or `/projects/{project}/acts/{command}`, a command by its stored
name. Query parameters named like fields of the command fill these in beforehand. The project of a registration does
not exist yet: its form is opened at REGISTER.
"""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from api.html.page import PageContext

REGISTER = "/acts/register_project"
IN_SEGMENT = "!$&'()*+,;=:@~"  # as `require_plain_path` wants segments spelt


def act_path(command: str, project: UUID, item: str = "") -> str:
    """The path of the form of *command*, about *item* of *project*, or about the project as a whole."""
    if item:
        return f"/items/{project}/{quote(item, safe=IN_SEGMENT)}/acts/{command}"
    return f"/projects/{project}/acts/{command}"


def act_link(page: PageContext, command: str, project: UUID, item: str = "", **filled: str) -> str:
    """The address of the form, which keeps the language of *page*; *filled* are fields with the values they begin with.

    Access is not checked here: the form itself refuses, with a sentence.
    """
    return page.link(act_path(command, project, item), **filled)


def receipt_path(project: UUID, command_id: UUID) -> str:
    """The path of the receipt of a command that was carried out under *command_id*, the one its entries name."""
    return f"/projects/{project}/receipts/{command_id}"
