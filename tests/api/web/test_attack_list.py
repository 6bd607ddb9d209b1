"""What attackers have tried, read as a list: what is done, and the test that shows that it has no effect."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
HERE, WIRE = "api/web/test_attacks.py", "api/web/test_attacks_on_the_wire.py"
INSIDERS, COMMANDS = "api/web/test_attacks_by_insiders.py", "api/commands/test_commands.py"
BODY, CONTRACT = "api/web/test_request_body.py", "api/web/test_openapi_contract.py"
ATTACKS = {
    "trailers of a chunked request name a role": (WIRE, "test_trailers_give_no_role"),
    "the same, through a gateway": (WIRE, "test_trailers_through_a_gateway_give_no_role"),
    "trailers name an idempotency key": (WIRE, "test_trailers_are_no_idempotency_key"),
    "trailers open a history": (WIRE, "test_trailers_open_no_history"),
    "endless trailers fill the memory": (WIRE, "test_a_flood_of_trailers_is_cut_off_and_fills_no_memory"),
    "a project takes the id of a calendar": (HERE, "test_no_project_squats_on_the_id_of_something_else"),
    "padded identities fill the memory": (HERE, "test_padded_identities_fill_no_memory"),
    "a request leaves its role out": (HERE, "test_a_missing_role_is_none"),
    "a role in another spelling": (HERE, "test_a_role_in_disguise_is_none"),
    "a name of another site leads here": (WIRE, "test_a_name_of_another_site_does_not_lead_here"),
    "a shared cache keeps what one person may read": (HERE, "test_what_depends_on_who_asks_is_kept_by_no_shared_cache"),
    "a query that would only try a command": (HERE, "test_a_command_is_not_carried_out_with_a_query"),
    "an address in another spelling": (HERE, "test_a_command_has_one_address_alone"),
    "an address that climbs by dots": (WIRE, "test_an_address_has_no_dots_to_climb_by"),
    "an applicant acts for another enterprise": (INSIDERS, "test_an_applicant_acts_for_no_other_enterprise"),
    "a rival gives the grade that counts": (INSIDERS, "test_a_grade_of_a_rival_takes_no_grade_from_the_enterprise"),
    "a manager acts on a project of another": (INSIDERS, "test_a_manager_acts_on_no_project_of_another"),
    "an officer notes steps of any department": (
        INSIDERS,
        "test_an_officer_notes_nothing_on_what_is_not_his_department_s",
    ),
    "the same role of elsewhere, command by command": (
        "domain/access/test_cases.py",
        "test_the_same_role_elsewhere_may_do_and_see_nothing",
    ),
    "every command by whoever may not, on both roads": (
        "api/guard/test_matrix.py",
        "test_every_command_is_judged_on_both_roads",
    ),
    "a denied act looks like a conflict": (HERE, "test_a_denied_act_is_forbidden"),
    "a key that another has used": (COMMANDS, "test_a_key_is_its_senders_own"),
    "a key of another opens what he was answered": (INSIDERS, "test_a_key_of_another_opens_no_answer"),
    "a repeat under another If-Match is taken for another command": (
        COMMANDS,
        "test_a_repeat_may_leave_if_match_out",
    ),
    "a document from which generators leave operations out": ("proofs/contract.py", "generators"),
    "an operation whose answer has no schema that holds": (
        CONTRACT,
        "test_each_answer_in_json_has_an_example_that_fits_its_schema",
    ),
    "a union that a generated client can't tell apart": (CONTRACT, "test_unions_of_messages_have_a_discriminator"),
    "a property without a description": (CONTRACT, "test_every_property_is_described"),
    "HEAD where GET is answered": (HERE, "test_head_is_get_without_a_body"),
    "HEAD of what is not there": (HERE, "test_head_of_what_is_not_there_or_not_read"),
    "reading without a name": ("api/web/test_identity.py", "test_reading_also_asks_who_reads"),
    "control characters in names": (HERE, "test_a_name_holds_nothing_hidden_and_is_not_blank"),
    "formulas in a table": (
        "scripts/importing/test_import_cases.py",
        "test_a_spreadsheet_runs_nothing_of_a_table_of_cases",
    ),
    "a bad entry puts its content into the log": (
        "scripts/test_serving.py",
        "test_the_projector_logs_a_bad_entry_in_one_line_without_its_content",
    ),
    "the database's login runs a program": (
        "infrastructure/postgres/test_roles.py",
        "test_the_login_changes_no_fact_and_runs_no_program",
    ),
    "rows that move between pages": (
        "api/web/test_paging.py",
        "test_pages_neither_lose_nor_double_a_row_while_others_write",
    ),
    "a position that never was": (HERE, "test_a_position_that_never_was_is_refused_at_once"),
    "a page of another site sends a form": (HERE, "test_no_page_of_another_site_sends_anything"),
    "an upload without a trace": (HERE, "test_an_upload_is_on_record"),
    "a digest that can't be read": (HERE, "test_a_digest_that_can_not_be_checked_is_refused"),
    "a guessed address of a calendar": ("api/identity/test_calendars.py", "test_an_address_can_not_be_guessed"),
    "one entry that stops all views": ("faults/test_stumble.py", "test_whichever_view_stumbles_stops_alone"),
    "a long history that is read whole": (HERE, "test_a_page_of_a_history_is_all_that_is_read_of_it"),
    "a program under another name in an archive": (
        "infrastructure/materials/test_media.py",
        "test_a_program_is_known_by_any_name_it_runs_under",
    ),
    "an archive that says two things": (
        "infrastructure/materials/test_media.py",
        "test_an_archive_that_says_two_things_is_refused",
    ),
    "an If-None-Match that is ignored": (HERE, "test_what_a_client_has_already_is_not_sent_again"),
    "an ETag that moves with the day": (HERE, "test_the_etag_of_a_project_is_for_if_match_too"),
    "answers as long as they can be": (HERE, "test_texts_are_compressed_for_who_can_read_that"),
    "a program that asks a page for JSON": (HERE, "test_a_page_that_fails_is_json_for_who_asks_for_json"),
    "a head longer than the limit, in one piece": (WIRE, "test_the_limit_of_a_head_is_hard"),
    "nonsense of 60 kB that comes back whole": (HERE, "test_an_answer_does_not_repeat_what_it_was_sent"),
    "a command that is named twice, before a filter that reads the first": (
        BODY,
        "test_what_is_wrong_with_a_body_is_called_so",
    ),
    "a body in another character set or packing": (WIRE, "test_a_body_packed_in_another_way_is_not_taken_for_plain"),
    "half of a surrogate pair": (HERE, "test_half_of_a_surrogate_pair_is_called_so"),
    "a parameter that comes twice": (HERE, "test_a_parameter_means_one_thing"),
    "a number or text in a query that is none": (WIRE, "test_a_query_that_is_no_number_or_no_text_is_refused"),
    "an unknown method": (WIRE, "test_a_method_that_http_does_not_have_is_not_implemented"),
    "a style sheet with two character sets": (HERE, "test_the_style_sheet_names_its_character_set_once"),
    "JSON that is sniffed as a page": (HERE, "test_no_answer_is_sniffed"),
    "a receipt that is sniffed as a page": (HERE, "test_a_receipt_is_not_sniffed_either"),
    "a problem of the protocol that can't be traced": (WIRE, "test_more_trailers_than_allowed_are_a_problem"),
    "an answer that says which program serves": (WIRE, "test_no_answer_says_which_program_serves"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_has_its_test(attack: str) -> None:
    file, name = ATTACKS[attack]
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
