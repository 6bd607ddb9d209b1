"""权限表 the table of access: for every action, which role may do it on which cases. All else is refused.

An action is a command by its stored name, `read:<subject>`, `feed` or `webhooks`. A subject that holds personal data
has a second name for these, such as `read:feedback_contact`. The table has two readings: `domain/access/decision.py`
judges one case, `projections/access/predicate.py` filters rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from msgspec import Struct

from domain.core.ledger import Role


class Relation(StrEnum):
    """The relation to the case that a rule requires of the caller."""

    SELF = "self"  # the principal it is about
    OWNER = "owner"  # belongs to the enterprise, not by a mandate
    OWN_ENTERPRISE = "own_enterprise"  # belongs to the enterprise, or is its agent (委托)
    OWN_DEPARTMENT = "own_department"  # the department handles or countersigns the item, or answers the complaint
    TAKES_PART = "takes_part"  # the department has an item in the project
    OWN_PROJECT = "own_project"  # manages the project
    ZONE = "zone"  # any case


class AccessRule(Struct, frozen=True):
    """Who may do one action. *public*: without signing in. *door*: the read that decides who sees the case."""

    roles: Mapping[Role, Relation]
    public: bool = False
    door: str = "read:progress"


OFFICER, MANAGER, APPLICANT, CLERK = Role.OFFICER, Role.PROJECT_MANAGER, Role.APPLICANT, Role.WINDOW_CLERK
SUPERVISOR, LEADER, AUDITOR = Role.SUPERVISOR, Role.LEADER, Role.AUDITOR
INTEGRATOR, ADMINISTRATOR = Role.INTEGRATOR, Role.ADMINISTRATOR
SELF, OWNER, OWN_ENTERPRISE = Relation.SELF, Relation.OWNER, Relation.OWN_ENTERPRISE
OWN_DEPARTMENT, TAKES_PART = Relation.OWN_DEPARTMENT, Relation.TAKES_PART
OWN_PROJECT, ZONE = Relation.OWN_PROJECT, Relation.ZONE

ENTERPRISE_SIDE = {APPLICANT: OWN_ENTERPRISE, MANAGER: OWN_PROJECT, OFFICER: OWN_DEPARTMENT}
HANDLING = {OFFICER: OWN_DEPARTMENT, MANAGER: OWN_PROJECT}  # the manager keys in for departments outside the system
BUREAU = {SUPERVISOR: ZONE}
WATCHING = {LEADER: ZONE, SUPERVISOR: ZONE, AUDITOR: ZONE}
MANAGING = {MANAGER: OWN_PROJECT}
KEEPING = {SUPERVISOR: ZONE, LEADER: ZONE}
ADMINISTERING = {ADMINISTRATOR: ZONE}
PUBLIC_DOOR, PERSON_DOOR, PRINCIPAL_DOOR = "read:catalogue", "read:legal_person", "read:principals"


def _rules(door: str, groups: Mapping[str, Mapping[Role, Relation]]) -> dict[str, AccessRule]:
    """A rule for each action in *groups*, whose keys name several actions with one rule."""
    return {action: AccessRule(roles, door=door) for actions, roles in groups.items() for action in actions.split()}


PROJECT_COMMANDS = _rules(
    "read:progress",
    {
        "register_project": {MANAGER: ZONE},
        "plan_item start_flow move_flow record_information": MANAGING,
        "assign_manager": {MANAGER: OWN_PROJECT, LEADER: ZONE},
        "submit_item submit_supplement attach_material detach_material": {**ENTERPRISE_SIDE, CLERK: ZONE},
        "withdraw_item request_hearing revise_application": ENTERPRISE_SIDE,
        "accept_item decline_item request_supplement forward_item receive_forwarded_item": HANDLING,
        "ask_countersignature continue_countersignature recall_countersignature keep_opinion": HANDLING,
        "consolidate_opinions suspend_clock resume_clock extend_limit announce_date change_mode": HANDLING,
        "tell_hearing_right give_hearing_notice hold_hearing complete_item": HANDLING,
        "deliver_decision attempt_delivery check_undertaking revoke_decision note_step": HANDLING,
        "countersign forward_countersignature": {OFFICER: OWN_DEPARTMENT},
        "record_external_result verify_external_result settle_discrepancy attest_record": MANAGING,
        "reconcile_external_result": {INTEGRATOR: OWN_DEPARTMENT},
        "amend_entry retract_entry": {
            OFFICER: TAKES_PART,
            MANAGER: OWN_PROJECT,
            INTEGRATOR: TAKES_PART,
            SUPERVISOR: ZONE,
        },
        "file_complaint": {APPLICANT: OWN_ENTERPRISE, MANAGER: OWN_PROJECT, SUPERVISOR: ZONE},
        "withdraw_complaint close_complaint": {APPLICANT: OWN_ENTERPRISE, MANAGER: OWN_PROJECT, SUPERVISOR: ZONE},
        "accept_complaint decline_complaint transfer_complaint": {OFFICER: OWN_DEPARTMENT, SUPERVISOR: ZONE},
        "extend_complaint answer_complaint": {OFFICER: OWN_DEPARTMENT, SUPERVISOR: ZONE},
        "evaluate_service": {APPLICANT: OWN_ENTERPRISE},
        "start_rectification rectify_evaluation call_back": {OFFICER: OWN_DEPARTMENT, SUPERVISOR: ZONE},
        "appeal_evaluation": {OFFICER: OWN_DEPARTMENT},
        "decide_evaluation_appeal issue_card decide_appeal": BUREAU,
        "order_supervision": {SUPERVISOR: ZONE, LEADER: ZONE},
        "appeal_card answer_supervision": HANDLING,
        "warn_deadline issue_clock_card rescind_card deem_acceptance deem_renewal deem_consent number_case": {
            Role.SYSTEM: ZONE
        },
    },
)
ZONE_COMMANDS = {
    **_rules(
        PUBLIC_DOOR,
        {
            "import_notice approve_notice apply_notice withdraw_notice publish_catalogue publish_flow": KEEPING,
            "define_service_item withdraw_service_item set_intake_hours": {**KEEPING, OFFICER: OWN_DEPARTMENT},
            "decide_online": {OFFICER: OWN_DEPARTMENT},  # a department's own decision: not for those who keep the list
        },
    ),
    **_rules(
        PERSON_DOOR,
        {
            "register_legal_person change_legal_person link_legacy_code": {MANAGER: ZONE, OFFICER: ZONE},
            "merge_legal_person separate_legal_person": {MANAGER: ZONE, OFFICER: ZONE},
        },
    ),
}
PRINCIPAL_COMMANDS = _rules(
    PRINCIPAL_DOOR,
    {
        "register_principal close_principal give_grant propose_grant confirm_grant withdraw_grant": ADMINISTERING,
        "issue_key rotate_key revoke_key merge_departments": ADMINISTERING,
        "erase_person": {ADMINISTRATOR: ZONE, Role.SYSTEM: ZONE},  # at the command line alone
        "record_restore": {Role.SYSTEM: ZONE},  # as above
        "record_removal": {ADMINISTRATOR: ZONE, Role.SYSTEM: ZONE},  # as above
        "appoint_agent dismiss_agent": {ADMINISTRATOR: ZONE, APPLICANT: OWNER},
        "name_deputy dismiss_deputy record_leave": {
            **dict.fromkeys((OFFICER, MANAGER, APPLICANT, CLERK, SUPERVISOR, LEADER, AUDITOR), SELF),
            ADMINISTRATOR: ZONE,
        },
    },
)
READS = {
    **_rules(
        "read:progress",
        {
            "read:progress read:waiting read:flow": {
                APPLICANT: OWN_ENTERPRISE,
                OFFICER: TAKES_PART,
                INTEGRATOR: TAKES_PART,
                MANAGER: OWN_PROJECT,
                CLERK: ZONE,
                **WATCHING,
            },
            "read:clocks read:worklist": {
                APPLICANT: OWN_ENTERPRISE,
                OFFICER: TAKES_PART,
                INTEGRATOR: TAKES_PART,
                MANAGER: OWN_PROJECT,
                **WATCHING,
            },
            "read:history read:materials": {**ENTERPRISE_SIDE, INTEGRATOR: OWN_DEPARTMENT, **WATCHING},
            "read:information read:external": {
                APPLICANT: OWN_ENTERPRISE,
                OFFICER: TAKES_PART,
                MANAGER: OWN_PROJECT,
                **WATCHING,
            },
            "read:supervision": {OFFICER: OWN_DEPARTMENT, MANAGER: OWN_PROJECT, **WATCHING},
            "read:feedback": {**ENTERPRISE_SIDE, **WATCHING},
            "read:figures": {MANAGER: OWN_PROJECT, **WATCHING},
            "read:own_enterprise": {APPLICANT: OWN_ENTERPRISE},  # its tasks and cases, for no one but who acts for it
            # Entries as they are stored, whole: they name who complained anonymously, so no page shows them.
            "read:bundle": {AUDITOR: ZONE},
            "read:access": {MANAGER: OWN_PROJECT, **WATCHING},
            # Personal data: whom to call about a project, and about a complaint that was filed with a name.
            "read:information_contact": {APPLICANT: OWN_ENTERPRISE, OFFICER: OWN_DEPARTMENT, MANAGER: OWN_PROJECT},
            "read:feedback_contact": {APPLICANT: OWN_ENTERPRISE, OFFICER: OWN_DEPARTMENT, SUPERVISOR: ZONE},
            # Who filed a complaint anonymously: for the bureau, for auditors, and for the person who filed it.
            "read:complainant": {SUPERVISOR: ZONE, AUDITOR: ZONE, APPLICANT: SELF, MANAGER: SELF},
        },
    ),
    **_rules(
        PERSON_DOOR,
        {
            "read:legal_person": {
                APPLICANT: OWN_ENTERPRISE,
                OFFICER: ZONE,
                MANAGER: ZONE,
                CLERK: ZONE,
                **WATCHING,
            },
            "read:legal_person_contact": {APPLICANT: OWN_ENTERPRISE, OFFICER: ZONE, MANAGER: ZONE, CLERK: ZONE},
        },
    ),
    **_rules(
        PRINCIPAL_DOOR,
        {
            "read:principals": {
                **dict.fromkeys((OFFICER, MANAGER, APPLICANT, CLERK, SUPERVISOR, LEADER, INTEGRATOR), SELF),
                ADMINISTRATOR: ZONE,
                AUDITOR: ZONE,
            },
            "read:security_log": {AUDITOR: ZONE},
        },
    ),
    **_rules(
        "read:progress",
        {
            "feed webhooks": {
                INTEGRATOR: TAKES_PART,
                OFFICER: TAKES_PART,
                APPLICANT: OWN_ENTERPRISE,
                MANAGER: OWN_PROJECT,
                **WATCHING,
            },
        },
    ),
}
PUBLIC_READS = {
    f"read:{subject}": AccessRule({}, public=True, door=PUBLIC_DOOR)
    for subject in (
        *("health", "problems", "schema", "law", "names", "catalogue", "flows", "calendars", "registers"),
        *("window", "checkpoints"),
    )
}
TABLE: Mapping[str, AccessRule] = {**PROJECT_COMMANDS, **ZONE_COMMANDS, **PRINCIPAL_COMMANDS, **READS, **PUBLIC_READS}
COMMAND_ACTIONS = frozenset(PROJECT_COMMANDS | ZONE_COMMANDS | PRINCIPAL_COMMANDS)
# Personal data: reading it leaves a trace in the security log.
PERSONAL = frozenset({"read:information_contact", "read:feedback_contact", "read:legal_person_contact"})
EVERY_COMMAND, EVERY_READ = "commands:*", "read:*"


def rule_of(action: str) -> AccessRule:
    """The rule of *action*. Raises KeyError where none is declared: such a route must not be served."""
    return TABLE[action]


@cache
def scopes_for(action: str) -> frozenset[str]:
    """The scopes of which a program needs one for *action*."""
    if action in COMMAND_ACTIONS:
        return frozenset({f"commands:{action}", EVERY_COMMAND})
    return frozenset({action, EVERY_READ}) if action.startswith("read:") else frozenset({action})


def is_scope(scope: str) -> bool:
    """Whether *scope* lets a program do anything."""
    kind, _, name = scope.partition(":")
    if scope in (EVERY_COMMAND, EVERY_READ):
        return True
    return name in COMMAND_ACTIONS if kind == "commands" else scope in TABLE and scope not in COMMAND_ACTIONS
