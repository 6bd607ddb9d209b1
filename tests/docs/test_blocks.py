"""Every code block of every page is run, posted or parsed, or says why not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import database_in
from tests.docs import shell
from tests.docs.answers import differences, http_differences, json_differences, text_differences
from tests.docs.blocks import (
    ADDRESS,
    NOT_RUN_MAX,
    PAGES,
    REASONS,
    ROOT,
    Block,
    blocks_in,
    blocks_of,
    every_block,
    indented_blocks,
)
from tests.docs.preloaded import PROGRAM
from tests.docs.readers import Site, reader_of
from tests.effort import chosen, long_unless

WITH_COMMANDS = [
    page for page in PAGES if any(block.language == "sh" and not block.not_run for block in blocks_of(page))
]
NOT_RUN = [block for block in every_block() if block.not_run]
READ = [block for block in every_block() if block.is_read]


def is_quick(page: Path) -> bool:
    """Whether the suite runs the commands of *page*: those of guides take seconds each."""
    return page.parent.name != "how-to"


def place_of(block: Block) -> str:
    """How a test names a block."""
    return block.place


@pytest.mark.slow
@pytest.mark.parametrize("page", long_unless(is_quick, WITH_COMMANDS), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_answer_as_it_shows(
    page: Path,
    server_url: str,
    filled_template: str,
    program_folder: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """A page that names a server gets one of its own where it sets it up, any other a filled database."""
    if missing := shell.missing():
        pytest.skip(f"not on PATH: {', '.join(missing)}")
    blocks = blocks_of(page)
    settings = {"COUNTERSIGN_DATA": str(tmp_path / "data"), "PATH": str(program_folder)}
    if any(ADDRESS in block.text for block in blocks):
        site: Site = request.getfixturevalue("own_site" if any(PROGRAM in block.text for block in blocks) else "site")
        shell.run(blocks, tmp_path, settings | {"DATABASE_URL": site.database_url}, {ADDRESS: site.address})
        return
    with database_in(server_url, filled_template) as url:
        shell.run(blocks, tmp_path, settings | {"DATABASE_URL": url}, {})


@pytest.mark.parametrize("words", chosen(["grants unheard-of"], ["--version", "grants unheard-of", "stop"]))
def test_the_preloaded_program_answers_as_the_installed_one(words: str, program_folder: Path, tmp_path: Path) -> None:
    answers = []
    for path in ({"PATH": str(program_folder)}, {}):
        environment = shell.environment({"COUNTERSIGN_DATA": str(tmp_path)} | path)
        command = ["sh", "-c", f"countersign {words}"]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=False)
        answers.append((done.returncode, done.stdout, done.stderr))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("block", READ, ids=place_of)
def test_a_block_is_what_it_says(block: Block, site: Site) -> None:
    reader_of(block)(block, site)


@pytest.mark.parametrize("block", NOT_RUN, ids=place_of)
def test_a_block_that_is_not_run_says_why(block: Block) -> None:
    assert block.not_run in REASONS
    pytest.skip(f"{block.place} is not run: {block.not_run}")


def test_few_blocks_are_not_run() -> None:
    assert len(NOT_RUN) <= NOT_RUN_MAX
    assert {block.not_run for block in NOT_RUN} == REASONS, "a reason that no block gives any more"


def test_no_block_is_hidden_from_these_tests() -> None:
    """An indented block has no language, and an answer without a command before it is compared with nothing."""
    for page in PAGES:
        assert indented_blocks(page.read_text(encoding="utf-8")) == [], page
        blocks = blocks_of(page)
        shown = [block for block in blocks if block.use == "output"]
        assert [answer for _, answer in shell.answers(blocks)] == shown, page


PLANTED = """
```sh
echo '{"position": 7, "state": "running"}'
```
```json output
{"position": 1, "state": "overdue"}
```
"""


def planted(text: str) -> list[Block]:
    return list(blocks_in(text, "planted.md"))


def test_a_wrong_answer_is_found(tmp_path: Path) -> None:
    with pytest.raises(
        shell.BlockFailedError, match=r"planted.md:5: \$\[0\].state is 'running', the page shows 'overdue'"
    ):
        shell.run(planted(PLANTED), tmp_path, {}, {})
    shell.run(planted(PLANTED.replace("overdue", "running")), tmp_path, {}, {})


@pytest.mark.parametrize(
    "broken", ["false", "curl -sSf http://127.0.0.1:1/", "unheard-of", "echo $unset", "false | cat"]
)
def test_a_command_that_fails_is_found(broken: str, tmp_path: Path) -> None:
    blocks = planted(f"```sh\necho sound\n```\n\n```sh\n{broken}\n```\n\n```sh\necho late\n```\n")

    with pytest.raises(shell.BlockFailedError, match=r"planted.md:5: exit status"):
        shell.run(blocks, tmp_path, {}, {})


def test_variables_carry_over_and_addresses_are_replaced(tmp_path: Path) -> None:
    text = f"```sh\napi={ADDRESS}\n```\n```sh\necho $api $MINE\n```\n```text output\nhttp://else set\n```\n"

    shell.run(planted(text), tmp_path, {"MINE": "set"}, {ADDRESS: "http://else"})


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("```sh\necho", "is not closed"),
        ("```json strange\n{}\n```", "nothing reads"),
        ("```\nno language\n```", "nothing reads"),
        ('```json command\n{"command": "submit_item"}\n```', "item"),
        ('```json schema: Receipt\n{"position": 1}\n```', "required property"),
        ('```toml pack\nid = "x"\n```', "invalid"),
        ("```sql\nSELECT nothing FROM nowhere\n```", "nowhere"),
        ("```sql empty\nSELECT 1 WHERE false; SELECT 42\n```", "42"),
        ("```python\nassert False, 'broken'\n```", "broken"),
        ("```yaml patroni\nbootstrap: {dcs: {ttl: 30, postgresql: {parameters: {}}}}\n```", "planted"),
    ],
)
def test_a_broken_block_is_found(text: str, failure: str, site: Site) -> None:
    with pytest.raises(Exception, match=failure):  # noqa: PT012  which of the two lines finds it depends on the block
        for block in planted(text):
            reader_of(block)(block, site)


def test_values_that_vary_are_compared_by_their_form() -> None:
    shown = {"hash": "0" * 64, "recorded_at": "2026-03-02T01:00:00Z", "position": 8, "code": "behind"}
    got = {"hash": "a" * 64, "recorded_at": "2026-11-29T17:50:34.1Z", "position": 9, "code": "behind"}

    assert list(differences(shown, got)) == []
    assert list(differences(shown, got | {"hash": "aa"}))
    assert list(differences(shown, got | {"recorded_at": "2026-11-29"}))
    assert list(differences(shown, got | {"position": "9"}))
    assert list(differences(shown, got | {"code": "busy"}))
    assert list(differences(shown, got | {"new": 1}))
    assert list(differences(shown, {"hash": "a" * 64}))


def test_what_a_page_leaves_out_is_marked() -> None:
    assert json_differences('{"a": 1, "…": "…"}', '{"a": 1, "b": 2}') == []
    assert json_differences('["a", "…"]', '["a", "b", "c"]') == []
    assert json_differences('["a"]', '["a", "b"]')
    assert json_differences("{}", "Internal Server Error")
    assert json_differences('{"a": true}', '{"a": 1}')


def test_lines_and_heads_are_compared() -> None:
    assert text_differences("a\n…\nz", "a\nb\nc\nz\n") == []
    assert text_differences("a\nz", "a\nb\nz")
    got = 'HTTP/1.1 200 OK\r\nETag: "3"\r\nx-more: y\r\n\r\n{"position": 2}'
    assert http_differences('200 OK\nETag: "8"\n\n{"position": 9}', got) == []
    assert http_differences('409 Conflict\nETag: "8"', got)
    assert http_differences('200 OK\nLocation: /x\n\n{"position": 9}', got)


def test_indented_blocks_are_found() -> None:
    assert indented_blocks("text\n\n    echo\n\n```sh\n\n    inside\n```\n- a\n    b\n") == [3]
