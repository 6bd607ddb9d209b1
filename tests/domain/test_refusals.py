"""Every refusal carries a code from the table, and the table lists no other."""

from __future__ import annotations

import ast
from functools import cache

from domain.core.refusals import REFUSAL_CODES
from tests.examples import ROOT


def refuses(tree: ast.Module) -> bool:
    """Whether a file means the ledger's refusal when it says Refused: the clocks know an event of that name."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "domain.core.ledger"
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


@cache
def refusals(*folders: str) -> list[tuple[str, object, ast.expr]]:
    """Where a command is refused below *folders*: the place, the code and the sentence as written."""
    refusals_in = []
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))):
        text = path.read_text(encoding="utf-8")
        if "Refused" not in text:
            continue  # most files: it saves parsing them
        tree = ast.parse(text)
        for node in ast.walk(tree) if refuses(tree) else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                code, sentence = node.args[:2]
                written = code.value if isinstance(code, ast.Constant) else constants(tree).get(ast.unparse(code))
                refusals_in.append((f"{path.name}:{node.lineno}", written, sentence))
    return refusals_in


def test_the_codes_used_are_the_codes_listed() -> None:
    raised = refusals("domain") + refusals("projections", "infrastructure", "api", "scripts")
    before_rules = {
        None,
        "access-denied",
        "project-code-taken",
    }  # by access, and by what the server claims for a command
    assert {code for _, code, _ in raised} - before_rules == set(REFUSAL_CODES)


def test_the_sentence_is_shown_beside_its_code() -> None:
    raised = refusals("domain")
    elsewhere = [place for place, code, _ in raised if not isinstance(code, str)]
    assert elsewhere == [], "a code is a literal, so that it can be found"
    elsewhere = [place for place, _, sentence in raised if not isinstance(sentence, ast.Constant | ast.JoinedStr)]
    assert elsewhere == [], "say it here"


def test_codes_are_kebab_case_and_explained() -> None:
    for code, meaning in REFUSAL_CODES.items():
        assert code == code.lower()
        assert code.replace("-", "").isalpha()
        assert len(meaning.split()) >= 4, code


def test_every_refusal_says_what_would_make_it_pass() -> None:
    """Also what is no refusal of a rule: whatever HTTP answers is a problem with a remedy."""
    silent = []
    for path in (
        path for folder in ("domain", "infrastructure", "api") for path in sorted((ROOT / folder).rglob("*.py"))
    ):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "Refused(" in text or "Problem(" in text else ():
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
            if named in ("Refused", "Problem") and isinstance(node, ast.Call) and len(node.args) > 1:
                keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                silent += [f"{path.name}:{node.lineno}"] if keywords.get("remedy", "''") == "''" else []
    assert silent == []
