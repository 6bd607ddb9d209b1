"""Log calls name their event with a constant in snake_case, and put what varies into fields: lines can be counted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).parents[2]
LAYERS = ("domain", "projections", "infrastructure", "api", "scripts")
LOGGER = "log"  # the name of every module's logger
METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
EVENT = re.compile(r"[a-z]+(_[a-z]+)+")


def faults(tree: ast.AST) -> Iterator[str]:
    """The log calls in *tree* that break the rule, and loggers of another name, whose calls would not be seen."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and is_logger(node.value):
            yield from (ast.unparse(target) for target in node.targets if ast.unparse(target) != LOGGER)
        elif is_log_call(node):
            match node.args:
                case [ast.Constant(value=str(event))] if EVENT.fullmatch(event):
                    continue
            yield ast.unparse(node)


def is_logger(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="structlog"), attr="get_logger"), args=[], keywords=[]):
            return True
    return False


def is_log_call(node: ast.AST) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
            return name == LOGGER and method in METHODS
    return False


def test_events_are_constants_in_snake_case() -> None:
    """In one walk through the code, which is parsed once; and there are calls to check."""
    wrong, calls = [], 0
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "get_logger" not in text and f"{LOGGER}." not in text:
                continue  # most files: it saves parsing them
            tree = ast.parse(text)
            wrong += [f"{path.relative_to(ROOT)}: {fault}" for fault in faults(tree)]
            calls += sum(is_log_call(node) for node in ast.walk(tree))
    assert wrong == []
    assert calls > 30


def test_sentences_variables_and_unnamed_loggers_are_faults() -> None:
    planted = """
logger = structlog.get_logger()
log.info("the projector failed", error=error)
log.warning(code, path=path)
log.error(f"view_{name}_failed")
log.info("posted")
log.debug("batch_sent", 3)
log.exception("batch_not_sent", items=3)
"""
    assert len(list(faults(ast.parse(planted)))) == 6
