"""Every refusal carries a code from the table, and the table lists no other."""

from __future__ import annotations

import ast

import pytest

from domain.refusals import REFUSAL_CODES
from tests.controls import ROOT


def refuses(tree: ast.Module) -> bool:
    """Whether a file means the ledger's refusal when it says Refused: the clocks know an event of that name."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "domain.ledger"
        and any(alias.name == "Refused" for alias in node.names)
        for node in ast.walk(tree)
    )


def constants(tree: ast.Module) -> dict[str, object]:
    """The constants a file names at its top."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def refusals(*folders: str) -> list[tuple[str, object, ast.expr]]:
    """Where somebody is refused below *folders*: the place, the code and the sentence as written."""
    found = []
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree) if refuses(tree) else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                code, sentence = node.args[:2]
                written = code.value if isinstance(code, ast.Constant) else constants(tree).get(ast.unparse(code))
                found.append((f"{path.name}:{node.lineno}", written, sentence))
    return found


IN_THE_DOMAIN = refusals("domain")
IN_THE_SHELL = refusals("projections", "infrastructure", "api", "scripts")


def test_the_codes_used_are_the_codes_listed() -> None:
    assert {code for _, code, _ in IN_THE_DOMAIN + IN_THE_SHELL} == set(REFUSAL_CODES)


@pytest.mark.parametrize(("place", "code", "sentence"), IN_THE_DOMAIN, ids=[place for place, _, _ in IN_THE_DOMAIN])
def test_the_sentence_stands_beside_its_code(place: str, code: object, sentence: ast.expr) -> None:
    assert isinstance(code, str), f"{place}: a code is a literal, so that it can be found"
    assert isinstance(sentence, ast.Constant | ast.JoinedStr), f"{place}: say it here"


def test_codes_are_kebab_case_and_explained() -> None:
    for code, meaning in REFUSAL_CODES.items():
        assert code == code.lower()
        assert code.replace("-", "").isalpha()
        assert len(meaning.split()) >= 4, code
