"""Exactly the tables listed as personal ever show a personal text: they are the ones rewritten after an erasure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from msgspec import convert, json, structs

from domain.legal_person.registration import LegalPersonChanged
from domain.legal_person.state import Contact
from domain.messages import FACTS, AnyFact, Entry, tag_of
from domain.project.information.recording import InformationRecorded
from infrastructure.privacy.cipher import MARKED_FACTS, replace_personal_texts
from projections.histories import HISTORIES
from projections.personal_tables import PERSONAL_TABLES
from projections.registry import VIEWS
from projections.view import fold, kind_followed
from tests.projections.test_following import STORIES_ENTRIES

MARKER = "text-of-a-person"


def marked(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The same entries, with the marker in place of every personal text."""
    for entry in entries:
        fact = about_a_contact(entry.fact)
        content = json.decode(json.encode(fact))
        if replace_personal_texts(fact, content, MARKER):
            yield structs.replace(entry, fact=convert(content, FACTS[tag_of(fact)]))
        else:
            yield entry


def about_a_contact(fact: AnyFact) -> AnyFact:
    """*fact*, which records a contact where a fact of its kind may: no story has one in these."""
    if isinstance(fact, InformationRecorded):
        fields = [structs.replace(field, key="phone", value="any") for field in fact.fields[:1]]
        return structs.replace(fact, category="contacts", fields=tuple(fields))
    if isinstance(fact, LegalPersonChanged):
        return structs.replace(fact, particulars=structs.replace(fact.particulars, contact=Contact("any", "any")))
    return fact


def test_the_stories_hold_every_fact_with_personal_texts() -> None:
    changed = {
        type(entry.fact) for entries in STORIES_ENTRIES for entry in marked(entries) if MARKER in repr(entry.fact)
    }
    assert changed == MARKED_FACTS


def test_exactly_these_tables_show_personal_texts() -> None:
    assert set(tables_that_show(MARKER)) == set(PERSONAL_TABLES)


def tables_that_show(marker: str) -> Iterator[str]:
    """The names of tables of views and histories with the marker in a row, after any number of a story's entries."""
    for entries in STORIES_ENTRIES:
        for stream, ours in groupby(marked(entries), key=attrgetter("stream")):
            yield from _of_stream(stream, list(ours), marker)


def _of_stream(stream: UUID, entries: Sequence[Entry], marker: str) -> Iterator[str]:
    texts = [number for number, entry in enumerate(entries, 1) if marker in repr(entry.fact)]
    for number in {*texts, len(entries)} if texts else ():
        folded = fold(VIEWS, stream, entries[:number])
        for view in VIEWS:
            if view.name in folded.states:
                rows = view.rows(folded.states[view.name], folded.project)
                yield from (name for name, shown in rows.items() if marker in repr(shown))
        for history in HISTORIES:
            if kind_followed(history.view) is None and folded.states.keys() & {VIEWS[0].name}:
                versions = history.whole(stream, entries[:number])
                yield from (name for name, shown in versions.items() if marker in repr(shown))
