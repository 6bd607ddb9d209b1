"""Tables of the reference that repeat the code: `python -m tests.docs.reference` writes them, a test compares them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args

from api.html.translations import TABLES as WORDS
from api.web.problems import HTTP_CODES, KINDS
from domain.access.messages import DepartmentsCommand, DepartmentsFact, PrincipalCommand, PrincipalFact
from domain.calendar.messages import CalendarCommand, CalendarFact
from domain.catalogue.messages import CatalogueCommand, CatalogueFact
from domain.core.ledger import Command, Fact
from domain.core.refusals import REFUSAL_CODES
from domain.epochs.restore import LedgerRestored, RecordRestore
from domain.flow.messages import FlowCommand, FlowFact
from domain.law.packs.pack import DEFAULT_MODE
from domain.legal_person.messages import PersonCommand, PersonFact
from domain.messages import COMMANDS, FACTS, SYSTEM_COMMANDS, tag_of
from domain.retention.removal import RecordRemoval, RecordsRemoved
from infrastructure.law.lawbook import law_book
from infrastructure.settings import described
from scripts.cli import VERBS, verb
from tests.docs.blocks import ROOT

REFERENCE = ROOT / "docs/reference"
MARKED = re.compile(
    r"(?<=<!-- made by tests/docs/reference\.py: )(?P<name>[a-z-]+) -->\n.*?(?=<!-- end -->)", re.DOTALL
)
AGGREGATES: tuple[tuple[str, Any, Any], ...] = (  # with the unions of their commands and facts; a project has the rest
    ("A catalogue", CatalogueCommand, CatalogueFact),
    ("A flow", FlowCommand, FlowFact),
    ("A legal person", PersonCommand, PersonFact),
    ("A calendar", CalendarCommand, CalendarFact),
    ("A person or program", PrincipalCommand, PrincipalFact),
    ("The departments", DepartmentsCommand, DepartmentsFact),
    ("The ledger itself", RecordRestore | RecordRemoval, LedgerRestored | RecordsRemoved),
)


def table(heading: str, rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    columns = heading.count("|") + 1
    lines = [f"| {heading} |", "|" + "---|" * columns]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def first_sentence(subject: Any) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(subject) or "").split("\n\n")[0].split())


def settings() -> str:
    """Every variable of the environment."""
    rows = ((f"`{each.variable}`", f"`{each.default}`" if each.default else "", each.help) for each in described())
    return table("variable | default | what it is for", rows)


def command_line() -> str:
    """Every command of the command line with its arguments and options."""
    return "\n".join(_command(name, verb(name)) for name in sorted(VERBS))


def _command(name: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and each.name != "help"]
    named = "".join(f" {_shown(each)}" for each in arguments)
    text = " ".join((command.help or "").split())
    rows = [(f"`{_shown(each)}`", _help(each)) for each in arguments]
    rows += [(f"`{', '.join(each.opts)}`", _help(each)) for each in options]
    listed = "\n" + table("argument or option | meaning", rows) if rows else ""
    return f"### countersign {name}{named}\n\n{text}\n{listed}"


def _shown(argument: Any) -> str:
    name = (argument.name or "").upper()
    return name if argument.required else f"[{name}]"


def _help(parameter: Any) -> str:
    text = str(getattr(parameter, "help", "") or "").strip()
    default = parameter.default
    shown = isinstance(default, str | int) and not isinstance(default, bool) and default != ""
    return f"{text} (default: {default})" if shown else text


def commands_and_facts() -> str:
    """Every command and fact of each aggregate."""
    others = {fact for _, _, union in AGGREGATES for fact in _members(union)}
    of_projects = [fact for fact in FACTS.values() if fact not in others]
    system = f"The system and the command line alone send these:\n\n{_commands(SYSTEM_COMMANDS.values())}"
    project = f"## A project\n\n{_commands(COMMANDS.values())}\n{system}\n{_facts(of_projects)}"
    return "\n".join([project, *(_aggregate(*aggregate) for aggregate in AGGREGATES)])


def _members(union: Any) -> tuple[type[Any], ...]:
    """The types of *union*; a type alone is a union of one."""
    return get_args(union) or (union,)


def _aggregate(title: str, commands: Any, facts: Any) -> str:
    return f"## {title}\n\n{_commands(_members(commands))}\n{_facts(_members(facts))}"


def _commands(commands: Iterable[type[Command]]) -> str:
    return table("command | does", map(_row, commands))


def _facts(facts: Iterable[type[Fact]]) -> str:
    return table("fact | 中文 | English | sentence", map(_fact_row, facts))


def _row(command: type[Command]) -> Iterator[str]:
    yield f"`{tag_of(command)}`"
    yield first_sentence(command)


def _fact_row(fact: type[Fact]) -> Iterator[str]:
    tag = tag_of(fact)
    yield f"`{tag}`"
    yield from WORDS["fact"][tag]
    yield WORDS["sentence"][tag][1]


def refusals() -> str:
    """Every code of a refused command."""
    codes = [code for code in REFUSAL_CODES if code not in HTTP_CODES]
    return table("code | status | means", ((f"`{code}`", str(KINDS[code].status), KINDS[code].title) for code in codes))


def laws() -> str:
    """Every shipped version of every law."""
    packs = [law_book().pack(name) for name in law_book().names]
    rows = ((f"`{pack.name}`", pack.title, pack.title_zh, f"`{pack.calendar}`") for pack in packs)
    return table("pack | law | 中文 | calendar", rows)


def modes() -> str:
    """The modes of handling of each law, of its newest version; laws with one mode are left out."""
    newest = {pack.id: pack for pack in map(law_book().pack, law_book().names)}  # names come in the order of dates
    rows = (
        (f"`{name}`", ", ".join(f"`{mode}`" for mode in pack.modes if mode != DEFAULT_MODE))
        for name, pack in newest.items()
        if set(pack.modes) != {DEFAULT_MODE}
    )
    return table(f"law | modes beside `{DEFAULT_MODE}`", rows)


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings,
    "command-line": command_line,
    "commands-and-facts": commands_and_facts,
    "refusals": refusals,
    "laws": laws,
    "modes": modes,
}


def with_tables(text: str) -> str:
    """*text* with each marked part as the code has it now."""
    return MARKED.sub(lambda part: f"{part['name']} -->\n\n{TABLES[part['name']]()}\n", text)


def main() -> None:
    """Write every page of the reference that holds a table."""
    for page in sorted(REFERENCE.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (made := with_tables(text)) != text:
            page.write_text(made, encoding="utf-8")
            print(f"written: {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
