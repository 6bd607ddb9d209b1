"""What attackers have tried, read as a list: what is done, and the test that shows that it has no effect."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
HERE, WIRE = "api/web/test_attacks.py", "api/web/test_attacks_on_the_wire.py"
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
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_has_its_test(attack: str) -> None:
    file, name = ATTACKS[attack]
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
