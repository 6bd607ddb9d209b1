"""The page about the architecture: what it names exists, and each path through the code can be walked as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
LIMITS = {"gist": 3, "command": 12, "number": 8}  # files that a stranger has to open
NEW_COMMAND_FILES_MAX = 9
PRODUCT = ("domain", "projections", "infrastructure", "api")
# Commands of every chapter; no law, list or choice treats them apart from others.
ORDINARY = {
    *("AssignManager", "ChangeMode", "NoteStep", "AttemptDelivery", "AmendEntry", "ConsolidateOpinions"),
    *("AttestRecord", "AppealCard", "CloseComplaint", "DecideEvaluationAppeal", "StartFlow"),
}


def path_of(name: str) -> list[str]:
    """The files of the path *name*, in order."""
    (listed,) = re.findall(rf"<!-- path: {name} -->\n((?:- `[^`]+`:[^\n]*\n)+)", PAGE)
    return re.findall(r"^- `([^`]+)`", listed, re.MULTILINE)


def names(file: str, other: str) -> bool:
    """Whether *file* imports *other*, or names it."""
    text = (ROOT / file).read_text(encoding="utf-8")
    module = other.removesuffix(".py").replace("/", ".")
    package, _, last = module.rpartition(".")
    return (
        module in text or other in text or bool(re.search(rf"from {re.escape(package)} import [^\n]*\b{last}\b", text))
    )


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_each_file_is_imported_by_one_before_it(name: str, limit: int) -> None:
    files = path_of(name)
    assert 1 < len(files) <= limit
    for nth, file in enumerate(files[1:], 1):
        assert any(names(before, file) for before in files[:nth]), f"nothing before it leads to {file}"


def test_every_file_and_folder_named_exists() -> None:
    named = set(re.findall(r"`((?:domain|projections|infrastructure|api|scripts|tests|docs)/[\w/.]+)`", PAGE))
    assert len(named) > 20
    assert [place for place in sorted(named) if not (ROOT / place).exists()] == []


def test_every_folder_of_a_subject_exists() -> None:
    """The table of subjects: columns of folders below their layer."""
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", PAGE, re.MULTILINE)
    layers = ("domain", "projections", "api")
    missing = [
        f"{layer}/{folder}"
        for row in rows
        for layer, cell in zip(layers, row, strict=True)
        for folder in re.findall(r"`([\w/]+\w)`", cell)
    ]
    assert len(missing) > 30
    assert [place for place in missing if not (ROOT / place).is_dir()] == []


def test_a_command_with_its_form_is_in_the_files_listed() -> None:
    (chapter,) = re.findall(r"^## Adding a command\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    listed = re.findall(r"^\d+\. `([^`]+)`", chapter, re.MULTILINE)
    assert len(listed) <= NEW_COMMAND_FILES_MAX
    places = re.compile("|".join(re.sub(r"<\w+>", r"\\w+", re.escape(place)) for place in listed))
    tags = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in ORDINARY}
    named = re.compile(rf"\b({'|'.join(ORDINARY | tags)})\b")
    files = {
        str(path.relative_to(ROOT)): named.findall(path.read_text(encoding="utf-8"))
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".toml", ".html")
    }

    assert {name for names in files.values() for name in names} == ORDINARY | tags
    assert {file: names for file, names in files.items() if names and not places.fullmatch(file)} == {}
