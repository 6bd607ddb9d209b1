"""Refusals of the rules as a form shows them: beside the field they are about, in the words of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.forms.case import FormCase
from api.forms.form_data import FILES
from api.forms.values import HAPPENED, FormFault
from api.html.citations import cited
from api.html.sentences import FORM_FIELDS
from api.web.problems import Problem

# The fields a refusal is about, by its code: the first of them that the form has.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "already-asked": ("departments",),
    "already-registered": ("name",),
    "answer-empty": ("answer",),
    "asks-itself": ("departments", "to"),
    "before-the-question": ("new_occurred_at", HAPPENED),
    "classified-project": ("classified",),
    "complaint-empty": ("about",),
    "cure-exceeds-promise": ("cure_days",),
    "date-passed": ("respond_by", "planned_until", "hearing_on", "announced_on"),
    "evidence-missing": ("evidence",),
    "extension-exceeds-limit": ("days",),
    "extension-late": (HAPPENED, "days"),
    "extension-outside-clock": (HAPPENED, "days"),
    "extension-repeated": ("clock", "days"),
    "feedback-day-past": ("feedback_by",),
    "feedback-empty": ("answer",),
    "file-name-unsound": (FILES,),
    "flow-move-loses": ("edition",),
    "flow-unmoved": ("edition",),
    "grade-unexplained": ("comment",),
    "ground-not-listed": ("ground",),
    "handler-missing": ("handler",),
    "in-the-future": ("new_occurred_at", "as_of", HAPPENED),
    "information-invalid": ("fields",),
    "item-repeated": ("item.item",),
    "licence-contradicts": ("renews.valid_through",),
    "licence-missing": ("renews.valid_through", "renews.item"),
    "licence-over": ("renews.valid_through",),
    "limit-exceeded": ("within_days", "days"),
    "limit-unknown": ("within_days",),
    "manager-unchanged": ("manager",),
    "material-attached": ("items", FILES),
    "material-late": ("later_evidence", FILES),
    "material-not-attached": ("items",),
    "material-unsound": (FILES,),
    "mode-unchanged": ("mode",),
    "mode-unknown": ("mode", "item.mode"),
    "no-extension": ("clock", "days"),
    "no-renewal": ("renews.valid_through",),
    "no-statutory-ground": ("ground",),
    "no-such-entry": ("entries", "version"),
    "nobody-asked": ("departments",),
    "not-asked": ("step",),
    "not-asked-for": ("provided",),
    "nothing-chosen": ("items",),
    "nothing-changed": ("changes",),
    "nothing-lacking": ("cure_days",),
    "nothing-missing": ("missing",),
    "opinion-empty": ("text",),
    "opinions-outstanding": ("override_reasons",),
    "outcome-contradicts": ("partly",),
    "paper-not-tolerable": ("lacking",),
    "papers-outstanding": ("outcome",),
    "participants-contradict": ("item.participants",),
    "precondition-circle": ("item.requires",),
    "precondition-unknown": ("item.requires",),
    "project-code-taken": ("code",),
    "promise-exceeds-statute": ("item.promise_days",),
    "reasons-missing": ("reasons", "about", "findings", "measures"),
    "registration-stays": ("version",),
    "second-supplement-notice": ("missing",),
    "special-unknown": ("item.special",),
    "suspension-repeated": ("ground",),
    "transfer-nowhere": ("to",),
    "undertaking-not-offered": ("undertaking",),
    "unit-wrong": ("fields",),
    "unknown-category": ("category",),
    "unknown-clock": ("clock",),
    "unknown-edition": ("edition",),
    "unknown-flow": ("flow",),
    "unknown-kind": ("kind",),
    "unknown-law": ("law",),
    "uscc-invalid": ("enterprise.uscc",),
    "validity-over": ("valid_through",),
    "validity-without-grant": ("valid_through",),
    "wrong-approver": ("approver",),
    "already-retracted": ("version",),
    "not-yours-to-correct": ("version",),
    "referral-loop": ("to",),
}
NAMED = ("unmet", "added", "papers", "items", "unasked", "missing")  # details that name papers or items


def fault_of(case: FormCase, problem: Problem) -> FormFault:
    """The fault that *problem*, a refusal or an outage, is in the form of *case*."""
    code = problem.kind.code
    field = next((name for name in FIELDS.get(code, ()) if _has(case, name)), "")
    words = case.page.words
    sentence = next((said for table in ("refused", "trouble") if (said := words[table](code)) != code), "")
    article = cited(problem.article, case.page.language) if problem.article else ""
    if sentence:
        return FormFault(field, sentence.format_map(_Details(case, problem.members)), article)
    return FormFault(field, f"{problem.detail}. {problem.remedy}", article, is_english=True)


def _has(case: FormCase, name: str) -> bool:
    definition = case.definition
    if name == FILES:
        return definition.takes_files
    return name in definition.fields or (name == HAPPENED and definition.dated)


class _Details(dict[str, Any]):
    """What a sentence may be filled in with: a refusal's details, items by their names; "" for what is not said."""

    def __init__(self, case: FormCase, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        for name in NAMED:
            if isinstance(listed := members.get(name), list | tuple):
                self[name] = case.page.joined(case.named(str(each)) for each in listed)
        if known := FORM_FIELDS.get(str(members.get("field", ""))):
            self["field"] = known.zh if case.page.language == "zh" else known.en
        self["stage"] = case.page.words["stage"](str(members.get("stage", "")))
        self["department"] = case.page.office(str(members.get("department", "")))

    def __missing__(self, name: str) -> str:
        return ""
