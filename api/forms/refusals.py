"""Maps refusals to faults of a form: beside the field at fault, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.acts.chapters import ACTS
from api.acts.fields import FILES, HAPPENED
from api.forms.case import FormCase
from api.forms.values import FormFault
from api.html.citations import cited
from api.html.sentences import FORM_FIELDS
from api.web.problems import Problem

NAMED = ("unmet", "added", "papers", "items", "unasked", "missing")  # details that name papers or items


def fault_of(case: FormCase, problem: Problem) -> FormFault:
    """*problem*, a refusal or an outage, as a fault of the form of *case*."""
    code = problem.kind.code
    beside = ACTS.refused[code].beside if code in ACTS.refused else ()
    field = next((name for name in beside if _has(case, name)), "")
    words = case.page.words
    sentence = next((translated for table in ("refused", "trouble") if (translated := words[table](code)) != code), "")
    article = cited(problem.article, case.page.language) if problem.article else ""
    if sentence:
        return FormFault(field, sentence.format_map(_Details(case, problem.members)).rstrip(), article)
    return FormFault(field, f"{problem.detail}. {problem.remedy}", article, is_english=True)


def _has(case: FormCase, name: str) -> bool:
    definition = case.definition
    if name == FILES:
        return definition.takes_files
    return name in definition.fields or (name == HAPPENED and definition.dated)


class _Details(dict[str, Any]):
    """The placeholders of a sentence: details of a refusal, items by their names; "" for a missing one."""

    def __init__(self, case: FormCase, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        for name in NAMED:
            if isinstance(listed := members.get(name), list | tuple):
                self[name] = case.page.joined(case.named(str(each)) for each in listed)
        if known := FORM_FIELDS.get(str(members.get("field", ""))):
            self["field"] = known.zh if case.page.language == "zh" else known.en
        by_silence = members.get("accepted_by_silence", False)
        self["silence"] = case.page.words["refused_also"]("accepted_by_silence") if by_silence else ""
        self["stage"] = case.page.words["stage"](str(members.get("stage", "")))
        self["department"] = case.page.office(str(members.get("department", "")))

    def __missing__(self, name: str) -> str:
        return ""
