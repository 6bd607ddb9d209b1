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


def refusals() -> list[tuple[str, ast.Call]]:
    """Where somebody is refused: the file and the call."""
    return [
        (f"{path.name}:{node.lineno}", node)
        for folder in ("domain", "projections", "infrastructure", "api", "scripts")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for tree in [ast.parse(path.read_text(encoding="utf-8"))]
        if refuses(tree)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused"
    ]


def test_the_codes_used_are_the_codes_listed() -> None:
    used = {node.args[0].value for _, node in refusals() if isinstance(node.args[0], ast.Constant)}

    assert used == set(REFUSAL_CODES)


@pytest.mark.parametrize(("place", "node"), refusals(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_code_is_written_where_it_is_raised(place: str, node: ast.Call) -> None:
    code, sentence = node.args[:2]

    assert isinstance(code, ast.Constant), f"{place}: a code is a literal, so that it can be found"
    assert isinstance(sentence, ast.Constant | ast.JoinedStr), f"{place}: the sentence stands beside its code"


def test_codes_are_kebab_case_and_explained() -> None:
    for code, meaning in REFUSAL_CODES.items():
        assert code == code.lower()
        assert code.replace("-", "").isalpha()
        assert len(meaning.split()) >= 4, code
