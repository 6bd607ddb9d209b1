"""The house rules that no other tool checks, checked."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

FILE_LINES_MAX = 300  # one screenful of scrolling; a longer file holds two subjects
FUNCTION_LINES_MAX = 40  # as written: one screen
ROOT = Path(__file__).parents[1]
CODE = ("domain", "projections", "infrastructure", "api", "scripts")
WITH_A_CLOCK = ("infrastructure", "scripts")  # everywhere else the time is an argument
SHARED_BY_SLICES = ("state", "rules", "voice_state", "signal_state", "material_state", "consultation_state", "asking")
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
CLOCKS = {"now", "today", "utcnow"}
DAY_ARITHMETIC = {"fromordinal", "toordinal"}
VAGUE = re.compile(r"(Manager|Service|Helper|Util|Utils|Base)$")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
# This checkout, whoever's home it is in, and any Mac; /root is the same on every machine.
MACHINE_PATHS = {
    f"{folder}/" for folder in (ROOT, Path.home(), Path("/Users")) if folder not in (Path("/root"), Path("/"))
}


def python_files(*folders: str) -> list[Path]:
    """Every Python file below *folders*."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def place(path: Path) -> str:
    """How a test names *path*."""
    return str(path.relative_to(ROOT))


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of *path*."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Every module *path* imports, by its full name."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attribute_calls(path: Path) -> Iterator[tuple[int, str, str]]:
    """Where *path* writes `owner.name`: the line, the owner's last word and the name."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute):
            owner = node.value
            yield node.lineno, getattr(owner, "attr", getattr(owner, "id", "")), node.attr


every_file = pytest.mark.parametrize("path", python_files(*CODE, "tests"), ids=place)
every_module = pytest.mark.parametrize("path", python_files(*CODE), ids=place)


@every_file
def test_a_file_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(parsed(path))

    assert docstring, "open the file with one sentence saying what it is for"
    assert docstring.split("\n\n")[0].rstrip().endswith((".", ":", "。")), "a sentence ends with a full stop"


@every_file
def test_a_file_is_short_and_so_are_its_functions(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES_MAX
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES_MAX, node.name


@every_file
def test_nothing_is_left_unfinished_or_tied_to_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert not UNFINISHED.search(text)
    assert not [path for path in MACHINE_PATHS if path in text]


@every_file
def test_no_error_is_passed_over_in_silence(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ExceptHandler):
            assert not all(isinstance(line, ast.Pass) for line in node.body), (
                f"line {node.lineno}: say what happens then"
            )


@every_file
def test_names_say_what_a_class_is(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ClassDef) and not {"Command", "Fact"} & {ast.unparse(base) for base in node.bases}:
            assert not VAGUE.search(node.name), node.name


@every_module
def test_time_is_asked_for_only_in_the_shell(path: Path) -> None:
    if place(path).startswith(WITH_A_CLOCK):
        return
    for line, owner, name in attribute_calls(path):
        assert not (name in CLOCKS and owner in ("datetime", "date", "dt")), (
            f"line {line}: let the caller give the time"
        )
        assert (owner, name) != ("time", "time"), f"line {line}: let the caller give the time"


@every_module
def test_days_are_counted_only_by_the_law(path: Path) -> None:
    if place(path).startswith("domain/law/"):
        return
    for line, _, name in attribute_calls(path):
        assert name not in DAY_ARITHMETIC, f"line {line}: domain.law adds dates"
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "timedelta":
            units = {keyword.arg for keyword in node.keywords}
            assert not node.args, f"line {node.lineno}: name the unit"
            assert not units & {"days", "weeks"}, f"line {node.lineno}: domain.law adds dates"


@pytest.mark.parametrize("path", python_files("domain"), ids=place)
def test_the_domain_is_pure(path: Path) -> None:
    for module in imported(path):
        top = module.partition(".")[0]
        assert top in DOMAIN_MAY_IMPORT - IMPURE, f"the domain doesn't import {module}"
        assert module not in ("uuid.uuid1", "uuid.uuid4"), "ids come with the command"


@pytest.mark.parametrize("path", [path for path in python_files("domain/project") if path.stem != "words"], ids=place)
def test_a_slice_never_imports_a_slice(path: Path) -> None:
    slices = {file.stem for file in python_files("domain/project")} - {*SHARED_BY_SLICES, "words", "__init__"}
    for module in imported(path):
        package, _, rest = module.partition("domain.project.")
        assert package or rest.partition(".")[0] not in slices, f"{place(path)} imports {module}"


def read_models() -> set[str]:
    """The names of the read models: files below projections that have tables of their own."""
    return {path.stem for path in python_files("projections") if "projections.view.Table" in imported(path)}


@pytest.mark.parametrize("path", python_files("projections"), ids=place)
def test_a_read_model_never_imports_a_read_model(path: Path) -> None:
    if path.stem in read_models():
        for module in imported(path):
            package, _, rest = module.partition("projections.")
            assert package or rest.partition(".")[0] not in read_models(), f"{place(path)} imports {module}"


def test_nothing_kept_is_a_link() -> None:
    """A link leads to a place on one machine; a checkout without git keeps no record to look at."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository")
    kept = subprocess.run(["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    links = [line for line in kept.splitlines() if line.startswith("120000")]
    assert not links, "take it out with: git rm --cached"


def test_imports_are_seen_however_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text("import os.path\nfrom domain.project import note\ndef late():\n    from uuid import uuid4\n")

    assert {"os.path", "domain.project.note", "uuid.uuid4"} <= set(imported(path))


def test_read_models_are_recognised() -> None:
    assert "progress" in read_models()
    assert "view" not in read_models()


def test_the_rules_find_what_they_forbid() -> None:
    """A rule that can't fail is no rule."""
    assert UNFINISHED.search("# TO" + "DO: later")
    assert VAGUE.search("ProjectManager")
    assert not VAGUE.search("ServiceEvaluated")
