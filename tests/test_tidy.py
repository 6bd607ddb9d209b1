"""The house rules that no other tool checks, checked."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

FILE_LINES_MAX = 600  # 60 to 400 is normal; a longer file holds two subjects
FUNCTION_LINES_MAX = 40  # as written: one screen
ROOT = Path(__file__).parents[1]
CODE = ("domain", "projections", "infrastructure", "api", "scripts")
WITH_A_CLOCK = ("infrastructure", "scripts")  # everywhere else the time is an argument
FOLDER_FILES_MAX = 20  # a folder is a page
IMPORTS_MAX = 20  # modules of ours that one module imports
NOT_PAGES = (
    "ADRs",
    "tests/samples",
    "domain/law/calendar/data",
    "tests/law/data",
)  # collections, not code
# Composition roots, unions of messages, and what says something of every fact, name every subject: that is their work.
NAMES_EVERY_SUBJECT = {
    *("api/app.py", "api/project_page/pages.py", "api/html/sentences.py"),
    *("domain/project/messages.py", "domain/examples/story.py", "domain/examples/zone.py"),
    *("projections/clocks/law_events.py", "projections/clocks/law_kinds.py", "infrastructure/ledger/approvals.py"),
    "projections/registry.py",
}
# The table of access alone says who may do what. These give each role its home page, menu, side in a dialogue or
# words, or make an actor for a preview; they let no one in.
NAMES_ROLES = {
    *(
        "api/home/pages.py",
        "api/html/frame.py",
        "api/html/live.py",
        "api/html/page.py",
        "api/messages/waits.py",
        "api/window/visitor.py",
    ),
    *("api/forms/offers.py", "api/notice/content.py", "api/project_page/pages.py", "api/supervision/card_view.py"),
    *("api/commands/actions.py", "api/flow/project_flow.py", "api/window/case_feedback.py", "api/window/timeline.py"),
    *("api/people/acts.py", "api/web/dependencies.py", "api/web/identity.py", "api/worklist/pages.py"),
}
DOMAIN_MAY_IMPORT = {"domain", "msgspec", "stdnum", *sys.stdlib_module_names}
IMPURE = {
    "asyncio",
    "io",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
}
ROUTE = re.compile(r"(get|post|put|patch|delete|route)\(")
REQUEST = re.compile(r"\b(Http)?Request\b")
REGISTERED = re.compile(r"(?:\b(?:Provide|ReadDependency)\(|\bbefore_request=)(\w+)")
CLOCKS = {"now", "today", "utcnow"}
DAY_ARITHMETIC = {"fromordinal", "toordinal"}
# Names that say nothing of what they hold, where the field has a word: a match, a row, params, criteria, cached, ...
RIDDLES = {"anew", "asked", "found", "kept", "lately", "nobody", "one", "said", "somebody", "told", "whoever"}
# No part of a name either, where "one" is a numeral; a test is named by a sentence, which may say what was asked.
RIDDLES_IN_NAMES = RIDDLES - {"one"} | {"anybody", "stands", "stood"}
RIDDLES_IN_SENTENCES = RIDDLES_IN_NAMES - {"asked", "found", "kept", "said"}
# Terms of the domain, and names that are stored or public: facts, columns, and fields of answers.
TERMS = {
    *("CountersignatureAsked", "DiscrepancyFound", "OpinionKept", "KeptResult", "HearingTold", "HearingRightTold"),
    *("opinion_kept", "undertaking_kept", "promise_kept", "kept_to", "kept_head", "asked_at", "told_at"),
    *("FoundItem", "asked_for", "found_by", "judged_anew", "not_found", "not_found_page", "NOT_FOUND"),
    *("said_zh", "said_en", "KEPT", "NOBODY", "TOLD"),
}
# Fields that programs read under these names: those of stored messages, and of answers as JSON.
NAMED_FOR_GOOD = {"Command", "Fact"}
ANSWERS_NAMED_FOR_GOOD = {"PersonAnswer", "ShownConsultation", "ShownMove"}
BOUND_IN_TEMPLATES = re.compile(r"{%-?\s*(?:set\s+([\w, ]+)|for\s+([\w, ()]+?)\s+in\s|macro\s+\w+\(([^)]*)\))")
VAGUE = re.compile(r"(Manager|Service|Helper|Util|Utils|Base)$")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
# This checkout, the home it is in, and any Mac; /root is the same on every machine.
MACHINE_PATHS = {
    f"{folder}/" for folder in (ROOT, Path.home(), Path("/Users")) if folder not in (Path("/root"), Path("/"))
}


PLANTED = f"""
import os
from domain.project.application.note import NoteStep
from uuid import uuid4
class ProjectManager: ...
class ServiceEvaluated(Fact): ...
class AssignManager(Command):
    kept: bool
class State:
    kept: bool
def told(one): [found for found in one]
def told_last(kept_to): FOUND_MAX = not_found = 1
try:
    datetime.now(), time.time(), timedelta(3), timedelta(weeks=1), day.toordinal()  # TO{"DO"}
except OSError:
    pass
paths = {sorted(MACHINE_PATHS)}
"""  # one of everything that is forbidden, and some names that are not


def python_files(*folders: str) -> list[Path]:
    """Every Python file below *folders*."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def place(path: Path) -> str:
    """How a test names *path*."""
    return str(path.relative_to(ROOT))


@cache
def text_of(path: Path) -> str:
    """The text of *path*."""
    return path.read_text(encoding="utf-8")


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of the syntax tree of *path*, the module first."""
    return tuple(ast.walk(ast.parse(text_of(path))))


@pytest.fixture(scope="module", autouse=True)
def _forget_the_trees() -> Iterator[None]:
    """Half a million nodes: kept, they would make the garbage collector slow for all the tests after these."""
    yield
    nodes.cache_clear()


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Every module *path* imports, by its full name."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attribute_calls(path: Path) -> Iterator[tuple[int, str, str]]:
    """Where *path* writes `owner.name`: the line, the owner's last word and the name."""
    for node in nodes(path):
        if isinstance(node, ast.Attribute):
            owner = node.value
            yield node.lineno, getattr(owner, "attr", getattr(owner, "id", "")), node.attr


def broken(rule: Callable[[Path], Iterable[str]], paths: Iterable[Path]) -> list[str]:
    """Everything in *paths* that breaks the *rule*: a test for each file of each rule took a quarter of a minute."""
    return [f"{place(path)}: {fault}" for path in paths for fault in rule(path)]


EVERY_FILE, EVERY_MODULE = python_files(*CODE, "tests"), python_files(*CODE)


def without_a_purpose(path: Path) -> Iterator[str]:
    module = nodes(path)[0]
    assert isinstance(module, ast.Module)
    docstring = ast.get_docstring(module)
    if not docstring:
        yield "open the file with one sentence saying what it is for"
    elif not docstring.split("\n\n")[0].rstrip().endswith((".", ":", "。")):
        yield "a sentence ends with a full stop"


def too_long(path: Path) -> Iterator[str]:
    lines = len(text_of(path).splitlines())
    if lines > FILE_LINES_MAX:
        yield f"{lines} lines: a file ends at {FILE_LINES_MAX}"
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{node.name} has {lines} lines: a function ends at {FUNCTION_LINES_MAX}"


def unfinished_or_tied(path: Path) -> Iterator[str]:
    if match := UNFINISHED.search(text_of(path)):
        yield f"{match[0]}: finish it"
    yield from (f"{machine} is on one machine only" for machine in MACHINE_PATHS if machine in text_of(path))


def passing_over_errors(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.ExceptHandler) and all(isinstance(line, ast.Pass) for line in node.body):
            yield f"line {node.lineno}: say what happens then"


def with_vague_names(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if (
            isinstance(node, ast.ClassDef)
            and VAGUE.search(node.name)
            and not {"Command", "Fact"} & {ast.unparse(base) for base in node.bases}
        ):
            yield f"{node.name}: say what it is"


def with_riddles(path: Path) -> Iterator[str]:
    stored = {
        id(line.target)
        for node in nodes(path)
        if isinstance(node, ast.ClassDef)
        and (NAMED_FOR_GOOD & {ast.unparse(base) for base in node.bases} or node.name in ANSWERS_NAMED_FOR_GOOD)
        for line in node.body
        if isinstance(line, ast.AnnAssign)
    }
    for node in nodes(path):
        if name := "" if id(node) in stored else defined(node):
            line = getattr(node, "lineno", 0)
            if name in RIDDLES:
                yield f"line {line}: {name}: say what it is"


def with_riddles_in_names(path: Path) -> Iterator[str]:
    riddles = RIDDLES_IN_SENTENCES if path.is_relative_to(ROOT / "tests") else RIDDLES_IN_NAMES
    for node in nodes(path):
        name = node.name if isinstance(node, ast.ClassDef) else defined(node)
        if "_" not in name and name == name.lower():
            continue  # one word, or a node without a name: nine of ten
        words = set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))
        if len(words) > 1 and words & riddles and name.strip("_") not in TERMS:
            yield f"line {getattr(node, 'lineno', 0)}: {name}: use a word of the field"


def with_riddles_in_templates(path: Path) -> Iterator[str]:
    """Variables, loop variables and macro parameters of a Jinja template."""
    for match in BOUND_IN_TEMPLATES.finditer(path.read_text(encoding="utf-8")):
        names = re.sub(r"=[^,]*", "", next(group for group in match.groups() if group is not None))
        for name in RIDDLES.intersection(re.findall(r"\w+", names)):
            yield f"{match[0]}: {name}: say what it is"


def defined(node: ast.AST) -> str:
    """The name *node* defines, of a variable, parameter, function or attribute; empty for none."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
            return name
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            return name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return name
    return ""


def asking_for_the_time(path: Path) -> Iterator[str]:
    for line, owner, name in attribute_calls(path):
        if (name in CLOCKS and owner in ("datetime", "date", "dt")) or (owner, name) == ("time", "time"):
            yield f"line {line}: let the caller give the time"


def counting_days(path: Path) -> Iterator[str]:
    for line, _, name in attribute_calls(path):
        if name in DAY_ARITHMETIC:
            yield f"line {line}: domain.law adds dates"
    for node in nodes(path):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "timedelta":
            if node.args:
                yield f"line {node.lineno}: name the unit"
            if {keyword.arg for keyword in node.keywords} & {"days", "weeks"}:
                yield f"line {node.lineno}: domain.law adds dates"


def impure(path: Path) -> Iterator[str]:
    for module in imported(path):
        if module.partition(".")[0] not in DOMAIN_MAY_IMPORT - IMPURE:
            yield f"the domain doesn't import {module}"
        if module in ("uuid.uuid1", "uuid.uuid4"):
            yield "ids come with the command"


def importing_any(forbidden: set[str]) -> Callable[[Path], Iterator[str]]:
    """The rule that none of the modules *forbidden*, by their full names, is imported by another of them."""

    def importing(path: Path) -> Iterator[str]:
        own = module_of(path)
        for module in imported(path):
            if module in forbidden and module != own:
                yield f"it doesn't import {module}"

    return importing


def module_of(path: Path) -> str:
    """The full name of the module in *path*."""
    return place(path).removesuffix(".py").replace("/", ".") if path.is_relative_to(ROOT) else path.stem


def has_base(path: Path, base: str) -> bool:
    """Whether *path* defines a class with the base class *base*."""
    return any(isinstance(node, ast.ClassDef) and base in map(ast.unparse, node.bases) for node in nodes(path))


def use_cases() -> list[Path]:
    """The files that hold a project's commands, each with its rule and its fact."""
    return [path for path in python_files("domain/project") if has_base(path, "Command") and path.parts[-2] != "flow"]


def folds() -> list[Path]:
    """The files that define a read model: its tables, and how facts change their rows."""
    return [path for path in python_files("projections") if path.name == "fold.py"]


def importing_too_much(path: Path) -> Iterator[str]:
    ours = {module for module in imported(path) if (ROOT / (module.replace(".", "/") + ".py")).exists()}
    if len(ours) > IMPORTS_MAX and place(path) not in NAMES_EVERY_SUBJECT:
        yield f"it imports {len(ours)} modules of ours: {IMPORTS_MAX} at most"


def taking_requests(registered: set[str]) -> Callable[[Path], Iterator[str]]:
    """The rule that only handlers, and what is *registered* with litestar by name, take a request as parameter."""

    def taking(path: Path) -> Iterator[str]:
        for node in nodes(path):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name in registered:
                continue
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            is_route = any(ROUTE.match(ast.unparse(decorator)) for decorator in node.decorator_list)
            is_error_handler = [argument.arg for argument in arguments] == ["request", "error"]
            takes_request = any(argument.arg == "request" or is_request(argument.annotation) for argument in arguments)
            if takes_request and not (is_route or is_error_handler):
                yield f"line {node.lineno}: {node.name} takes a request: let a dependency provide what it needs"

    return taking


def naming_roles(path: Path) -> Iterator[str]:
    """Roles that a module of the web names, and so decides by."""
    for node in nodes(path):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Role":
            yield f"line {node.lineno}: Role.{node.attr}: let an action of domain/access/table.py say who may"


def is_request(annotation: ast.expr | None) -> bool:
    """Whether a parameter with this annotation is a request."""
    return annotation is not None and REQUEST.search(ast.unparse(annotation)) is not None


def registered_in(paths: Iterable[Path]) -> set[str]:
    """The functions that litestar is given by name: providers of dependencies, and hooks."""
    return {name for path in paths for name in REGISTERED.findall(text_of(path))}


def tracked_files() -> list[str]:
    """Every file that git tracks."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return listed.splitlines()


def test_a_file_says_what_it_is_for() -> None:
    assert broken(without_a_purpose, EVERY_FILE) == []


def test_a_file_is_short_and_so_are_its_functions() -> None:
    assert broken(too_long, EVERY_FILE) == []


def test_nothing_is_left_unfinished_or_tied_to_one_machine() -> None:
    assert broken(unfinished_or_tied, EVERY_FILE) == []


def test_no_error_is_passed_over_in_silence() -> None:
    assert broken(passing_over_errors, EVERY_FILE) == []


def test_names_say_what_a_class_is() -> None:
    assert broken(with_vague_names, EVERY_FILE) == []


def test_names_say_what_they_hold() -> None:
    assert broken(with_riddles, EVERY_FILE) == []
    assert broken(with_riddles_in_names, EVERY_FILE) == []


def test_templates_name_what_they_hold(tmp_path: Path) -> None:
    planted = tmp_path / "planted.html"
    planted.write_text(
        "{% set told = 1 %}{% for one, row in rows %}{% macro cell(row, found=none) %}", encoding="utf-8"
    )

    assert len(list(with_riddles_in_templates(planted))) == 3
    assert broken(with_riddles_in_templates, sorted((ROOT / "api").rglob("*.html"))) == []


def test_time_is_asked_for_only_in_the_shell() -> None:
    assert (
        broken(asking_for_the_time, [path for path in EVERY_MODULE if not place(path).startswith(WITH_A_CLOCK)]) == []
    )


def test_days_are_counted_only_by_the_law() -> None:
    assert broken(counting_days, [path for path in EVERY_MODULE if not place(path).startswith("domain/law/")]) == []


def test_the_domain_is_pure() -> None:
    assert broken(impure, python_files("domain")) == []


def test_a_use_case_never_imports_a_use_case() -> None:
    files = use_cases()
    assert broken(importing_any({module_of(path) for path in files}), files) == []


def test_a_fold_never_imports_a_fold() -> None:
    files = folds()
    assert broken(importing_any({module_of(path) for path in files}), files) == []


def test_a_folder_is_a_page() -> None:
    counts = Counter(file.rpartition("/")[0] for file in tracked_files())
    assert [f for f, n in counts.items() if n > FOLDER_FILES_MAX and not f.startswith(NOT_PAGES)] == []


def test_a_class_has_a_name_of_its_own() -> None:
    names = Counter(
        node.name
        for path in EVERY_MODULE
        for node in ast.iter_child_nodes(nodes(path)[0])
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, times in names.items() if times > 1] == []


def test_no_module_imports_everything() -> None:
    assert broken(importing_too_much, EVERY_MODULE) == []


def test_requests_stay_in_handlers_and_providers() -> None:
    paths = python_files("api")
    assert broken(taking_requests(registered_in(paths) | {"render"}), paths) == []  # render: of litestar's plugin


def test_the_table_of_access_alone_says_who_may() -> None:
    naming = {place(path) for path in python_files("api") if any(naming_roles(path))}
    assert naming == NAMES_ROLES


def test_no_tracked_file_is_a_link() -> None:
    """A link leads to a place on one machine; a checkout without git keeps no record to look at."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository")
    listed = subprocess.run(["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    links = [line for line in listed.splitlines() if line.startswith("120000")]
    assert not links, "take it out with: git rm --cached"


def test_no_merge_is_left_half_done() -> None:
    """Markers of a conflict in any file that git has."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository")
    marks = ["git", "grep", "-lE", "^(<{7}|>{7}) "]
    assert subprocess.run(marks, cwd=ROOT, capture_output=True, text=True, check=False).stdout == ""


def test_imports_are_seen_however_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text("import os.path\nfrom domain.project import note\ndef late():\n    from uuid import uuid4\n")

    assert {"os.path", "domain.project.note", "uuid.uuid4"} <= set(imported(path))


def test_folds_and_use_cases_are_recognised() -> None:
    assert "projections.progress.fold" in map(module_of, folds())
    assert "projections.view" not in map(module_of, folds())
    assert "domain.project.application.acceptance" in map(module_of, use_cases())


def test_the_rule_about_requests_finds_what_it_forbids(tmp_path: Path) -> None:
    path = tmp_path / "planted.py"
    path.write_text(
        "@get('/')\ndef handler(request): ...\n@cache\ndef named(request): ...\n"
        "def typed(now: HttpRequest | None): ...\nasync def keyword(*, asked: Request[Any, Any, State]): ...\n"
        "def provider(request): ...\ndef on_error(request, error): ...\ndef of(command: CommandRequest): ...\n"
        "DEPENDENCIES = {'a': Provide(provider)}\n"
    )
    faults = list(taking_requests(registered_in([path]))(path))

    assert [fault.split()[2] for fault in faults] == ["named", "typed", "keyword"]


def test_the_rules_find_what_they_forbid(tmp_path: Path) -> None:
    """A rule that can't fail is no rule."""
    path = tmp_path / "planted.py"
    path.write_text(PLANTED + "def endless():\n" + "    print()\n" * FUNCTION_LINES_MAX + "\n" * FILE_LINES_MAX)
    rules: tuple[Callable[[Path], Iterator[str]], ...] = (
        without_a_purpose,
        unfinished_or_tied,
        passing_over_errors,
        with_vague_names,
        asking_for_the_time,
    )
    rules += (with_riddles, with_riddles_in_names, counting_days, impure, too_long)
    faults = {rule.__name__: list(rule(path)) for rule in rules}
    faults["importing"] = list(importing_any({"domain.project.application.note"})(path))

    assert {rule: len(of_rule) for rule, of_rule in faults.items()} == {
        "without_a_purpose": 1,
        "unfinished_or_tied": 1 + len(MACHINE_PATHS),
        "passing_over_errors": 1,
        "with_vague_names": 1,
        "with_riddles": 4,
        "with_riddles_in_names": 2,
        "asking_for_the_time": 2,
        "counting_days": 3,
        "impure": 2,
        "too_long": 2,
        "importing": 1,
    }
