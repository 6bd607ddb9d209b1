"""Which texts of the messages are personal, whose they are, and when a person's data may be erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec import inspect

from domain.access.grants import GrantGiven
from domain.access.principal import Grant
from domain.access.state import stream_of
from domain.core.ledger import Actor, Role
from domain.core.personal import PersonalMark, person_id, personal_fields
from domain.messages import FACTS
from domain.privacy.erasure import ErasePerson, PersonErased
from domain.project.feedback.complaint import ComplaintAnswered, ComplaintFiled
from domain.project.feedback.evaluation import Grade, ServiceEvaluated
from tests.domain.access.test_principals import AT, XU, PrincipalSpec
from tests.domain.access.test_principals import REGISTERED as PRINCIPAL
from tests.examples import APPLICANT, REGISTERED, ZONE_2020
from tests.spec import PROJECT, given

PERSONAL = {
    "complaint_closed": {"remarks"},
    "complaint_filed": {"about", "contact"},
    "complaint_withdrawn": {"reasons"},
    "decision_delivered": {"recipient"},
    "evaluation_called_back": {"remarks"},
    "information_recorded": {"fields.*.value"},
    "legal_person_changed": {"particulars.contact.name", "particulars.contact.phone"},
    "legal_person_registered": {"particulars.contact.name", "particulars.contact.phone"},
    "principal_registered": {"contact"},
    "service_evaluated": {"comment"},
}
# Texts with such names are not personal, and why; a new name has to be put here, or marked.
OFFICE = "an official's name, act or reasons in his office"
CODE = "a code, an id or a word from a list"
LAW = "a citation, a rule or a calendar"
PAPER = "a paper's name or number"
REGISTER = "public in the register of legal persons, or the name of a project"
UNMARKED = {
    OFFICE: "manager former approver approved_by handler person by proposed_by deputy deputy_of reasons reason answer "
    "override_reasons plan measures findings conditions text changes evidence note title remarks name wording "
    "about label value source data_subject",
    CODE: "item code law mode before phase service catalogue calendar participants requires requires_any step "
    "suspension "
    "ground complaint evaluation category key unit activity digest media_type items card order kind flow "
    "steps channel method department sender to upper clock principal over scopes into was_into "
    "legacy uscc currency amount close_of_business published task_code dept_code org_code catalog_code use_level "
    "special special_procedure other_dept kinds log checkpoint stays",
    LAW: "article rule stops by_law accept_condition fee_basis",
    PAPER: "materials missing provided lacking papers document_number case_number number overridden line mandate paper "
    "late material_name result_name notice forwarded_from",
    REGISTER: "representative address task_name dept_name transact_addr task_name_en dept_name_en name_en",
}
OF_RECIPIENTS = person_id(PROJECT, "recipient:land")
RULE = ZONE_2020.name
FILED = ComplaintFiled(complaint="c1", item="land", department="land", about="too slow", by="hengxin", rule=RULE)
ANSWERED = ComplaintAnswered(complaint="c1", item="land", answer="we hurry now", upheld=True)
RATED = ServiceEvaluated(
    item="land",
    department="land",
    grade=Grade.VERY_DISSATISFIED,
    bad=True,
    comment="rude",
    evaluation="land-1",
    rule=RULE,
)
ADMINISTRATOR = Actor("xu", "", Role.ADMINISTRATOR)


def texts(kind: inspect.Type, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every text within a type, by the names that lead to it."""
    match kind:
        case inspect.Metadata(type=inner):
            yield from texts(inner, path)
        case inspect.StrType():
            yield ".".join(path)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from texts(field.type, (*path, field.name))
        case inspect.UnionType(types=types):
            for inner in types:
                yield from texts(inner, path)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            yield from texts(item, (*path, "*"))
        case inspect.DictType(key_type=key, value_type=value):
            yield from texts(key, path)
            yield from texts(value, path)


def test_exactly_these_texts_are_personal() -> None:
    marked = {tag: {field.name for field in personal_fields(fact)} for tag, fact in FACTS.items()}
    assert {tag: names for tag, names in marked.items() if names} == PERSONAL


def test_every_other_text_is_deliberately_unmarked() -> None:
    """A new text field of a fact is either marked as personal, or its name is listed with a reason."""
    listed = {name for names in UNMARKED.values() for name in names.split()}
    unmarked = {
        (tag, path)
        for tag, fact in FACTS.items()
        for path in texts(inspect.type_info(fact))
        if path not in PERSONAL.get(tag, ())
    }
    unlisted = {(tag, path) for tag, path in unmarked if path.replace(".*", "").rpartition(".")[2] not in listed}
    # A contact has a phone and a name wherever it is: neither may be listed away.
    assert unlisted == set()
    assert listed <= {path.replace(".*", "").rpartition(".")[2] for _, path in unmarked}
    assert not listed & {"contact", "phone", "email", "comment", "recipient"}


def test_whose_a_text_is_follows_from_the_message() -> None:
    assert PersonalMark("complainant", "complaint").person({"complaint": "c1"}) == "complainant:c1"
    assert PersonalMark("contact").person({}) == "contact"
    only = PersonalMark("contact", only=("category", "contacts"))
    assert (only.person({"category": "contacts"}), only.person({"category": "land"})) == ("contact", "")


def test_an_erasure_names_the_key_and_the_next_one_another() -> None:
    command = ErasePerson(data_subject="complainant:c1", reasons="on request")
    first = PersonErased(data_subject="complainant:c1", key=person_id(PROJECT, "complainant:c1"), reasons="on request")
    second = PersonErased(
        data_subject="complainant:c1", key=person_id(PROJECT, "complainant:c1", 1), reasons="on request"
    )
    spec = given(REGISTERED, FILED, ANSWERED).when(command, by=ADMINISTRATOR).then(first)
    spec.when(command, by=ADMINISTRATOR).then(second)
    assert first.key != second.key


def test_data_that_an_open_case_needs_is_not_erased() -> None:
    complainant = ErasePerson(data_subject="complainant:c1", reasons="on request")
    given(REGISTERED, FILED).when(complainant, by=ADMINISTRATOR).refused("person-needed", "c1")
    evaluator = ErasePerson(data_subject="evaluator:land-1", reasons="on request")
    given(REGISTERED, RATED).when(evaluator, by=ADMINISTRATOR).refused("person-needed", "land-1")


@pytest.mark.parametrize(
    ("data_subject", "code"),
    [
        ("complainant:c2", "unknown-complaint"),
        ("evaluator:c2", "unknown-evaluation"),
        ("recipient:moon", "unknown-item"),
        ("official:li", "no-such-person"),
        ("wang", "no-such-person"),
        ("", "no-such-person"),
    ],
)
def test_whom_there_is_none_of_can_not_be_erased(data_subject: str, code: str) -> None:
    given(REGISTERED, FILED).when(ErasePerson(data_subject=data_subject, reasons="x"), by=ADMINISTRATOR).refused(code)


def test_erasing_is_for_administrators_and_needs_reasons() -> None:
    command = ErasePerson(data_subject="contact", reasons="on request")
    given(REGISTERED).when(command, by=APPLICANT).refused("wrong-role")
    given(REGISTERED).when(ErasePerson(data_subject="contact", reasons=" "), by=ADMINISTRATOR).refused(
        "reasons-missing"
    )
    given().when(command, by=ADMINISTRATOR).refused("not-registered")
    recipient = ErasePerson(data_subject="recipient:land", reasons="on request")
    given(REGISTERED).when(recipient, by=ADMINISTRATOR).then(
        PersonErased(data_subject="recipient:land", key=OF_RECIPIENTS, reasons="on request")
    )


def test_officials_are_not_erased_and_applicants_are() -> None:
    command = ErasePerson(data_subject="contact", reasons="on request")
    official = [PRINCIPAL, GrantGiven(grant=Grant(PROJECT, Role.OFFICER, AT, AT + timedelta(hours=1), "land"))]
    applicant = [PRINCIPAL, GrantGiven(grant=Grant(PROJECT, Role.APPLICANT, AT, None, "91420100MA0HX2026E"))]
    stream = stream_of("li")
    PrincipalSpec(*official).when(command, XU).refused("official-not-erased")  # type: ignore[arg-type]
    erased = PersonErased(data_subject="contact", key=person_id(stream, "contact"), reasons="on request")
    state = PrincipalSpec(*applicant).when(command, XU).then(erased)  # type: ignore[arg-type]
    assert state.erasures == {"contact": 1}
