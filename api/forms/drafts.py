"""Drafts of forms: saved with every page, restored when the form is opened, deleted once the command is carried out."""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from api.forms.case import NEW, FormCase
from api.forms.form_data import FormData
from api.forms.links import REGISTER, act_path
from infrastructure.window.form_drafts import FormDraftContent, FormDrafts

STEP, KEY, VERSION, ID, CONFIRMED = "_step", "_key", "_version", "_id", "_confirmed"
VERSION_TEXT = re.compile(r"[0-9]{1,9}", re.ASCII)
OF_THE_SENDING = frozenset({STEP, KEY, ID, CONFIRMED})  # a form that is opened again is sent under a key of its own


class RestoredForm(Struct, frozen=True):
    """A saved draft, made for *version* of the project and last *saved_at*."""

    data: FormData
    version: int
    saved_at: datetime


def form_of(case: FormCase) -> str:
    """The key of a form's draft: its path, without the project's id in the form of a new project."""
    return REGISTER if case.command == NEW else act_path(case.command, case.project.id, case.item)


async def save_draft(case: FormCase, data: FormData) -> None:
    """Save what the reader filled in so far."""
    values = {name: texts for name, texts in data.values.items() if name not in OF_THE_SENDING}
    drafts = FormDrafts(case.approvals.store)
    await drafts.save(case.caller.id, form_of(case), FormDraftContent(values, data.files), case.at)


async def restored(case: FormCase, prefilled: FormData) -> RestoredForm | None:
    """The reader's draft; None without one, or if it is about another case than the address."""
    draft = await FormDrafts(case.approvals.store).find(case.caller.id, form_of(case), case.at)
    if draft is None or any(draft.content.values.get(name) != texts for name, texts in prefilled.values.items()):
        return None
    data = FormData(draft.content.values, draft.content.files)
    return RestoredForm(data, version_of(case, data), draft.saved_at)


def version_of(case: FormCase, data: FormData) -> int:
    """The version of the project that the form was made for; where that can't be read, the present one.

    A project that is yet to be registered has none but 0, whatever the draft of another registration says.
    """
    text = data.text_of(VERSION)
    return int(text) if case.project.version and VERSION_TEXT.fullmatch(text) else case.project.version


async def forget(case: FormCase) -> None:
    """Delete the draft, after the command was carried out or when the reader starts over."""
    await FormDrafts(case.approvals.store).delete(case.caller.id, form_of(case))
