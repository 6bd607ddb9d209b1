"""What is promised about commands, lists and errors: section 3 of the contract."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from .kit import LAND, NDJSON, SECONDS_MAX, Kit, require, require_problem

PLANNED, SUBMIT = {"command": "plan_item", "item": LAND}, {"command": "submit_item", "item": "land-use"}
DAY = timedelta(hours=24)
BATCH = "/v1/commands/batch"
LINES_MAX, BATCH_BYTES_MAX = 10_000, 16 * 1024 * 1024
BLANKS = (b" " * 8191 + b"\n") * 32  # lines that count and hold nothing


def batch_lines(project: str, *commands: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"project": project, "key": str(uuid.uuid4()), "command": command} for command in commands]


def send_batch(kit: Kit, lines: list[dict[str, Any]], mode: str = "each") -> list[Any]:
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    answer = kit.send("POST", f"{BATCH}?mode={mode}", body, Content_Type=NDJSON)
    require(answer.status == 200, f"a batch is answered, and {answer.status} came: {answer.body[:200]!r}")
    require(answer.headers.get("content-type", "").startswith(NDJSON), f"a batch is answered in {NDJSON}")
    require(len(answer.lines()) == len(lines), "each line has an answer")
    return answer.lines()


class CommandPromises(Kit):
    def head_has_no_body_and_unchanged_answers_are_not_sent_again(self, project: str, _: int) -> None:
        public = ("/v1/law/packs", "/v1/law/calendars", "/v1/catalogues", "/schema/openapi.json")
        for path in (*public, f"/v1/projects/{project}"):
            head = self.send("HEAD", path)
            require((head.status, head.body) == (200, b""), f"HEAD {path} is 200 without a body: {head.status}")
            require(tag := self.get(path).headers.get("etag", ""), f"{path} has an ETag")
            answer = self.get(path, If_None_Match=tag)
            require((answer.status, answer.body) == (304, b""), f"{path} is 304 while unchanged: {answer.status}")

    def pages_are_whole_and_without_repeats(self) -> None:
        made = {self.register()[0] for _ in range(3)}
        _, last = self.register()
        seen: list[str] = []
        params: dict[str, Any] = {"limit": 2, "after": last}
        while params:
            page = self.get("/v1/progress", params).json()
            seen += [row["project"] for row in page["projects"]]
            require(len(seen) == len(set(seen)), "no row is on two pages")
            self.register()  # what comes meanwhile moves no row to another page
            params = {"limit": 2, "cursor": page["next"]} if page["next"] else {}
        require(made <= set(seen), "every row is on a page")
        require_problem(self.get("/v1/progress", {"cursor": "AAAA"}), 400, "invalid-cursor")

    def one_reads_what_one_wrote(self) -> None:
        for project, position in [self.register() for _ in range(5)]:
            answer = self.get(f"/v1/projects/{project}/progress", {"after": position})
            require(answer.status == 200, f"with `after` the view has it, and {answer.status} came")
            require([row["item"] for row in answer.json()["items"]] == ["land-use"], "the table shows the items")

    def a_position_that_never_was_is_refused_at_once(self) -> None:
        for path, params in (("/v1/progress", {"after": 2**40}), ("/v1/events", self.behind(2**40))):
            began = time.monotonic()
            require_problem(self.get(path, params), 400, "invalid-parameter")
            require(time.monotonic() - began < SECONDS_MAX / 2, f"{path} does not wait for what will not come")

    def a_code_leads_to_its_project_and_to_no_other(self) -> None:
        code = f"KIT-{uuid.uuid4().hex[:12]}"
        project, position = self.register(code=code)
        rows = self.get("/v1/projects", {"code": code, "after": position}).json()
        require(project in json.dumps(rows), "GET /v1/projects?code= finds the project")
        body = {"command": "register_project", "name": "contract kit", "manager": self.me, "code": code}
        answer = self.command(str(uuid.uuid4()), body | {"enterprise": {"name": "contract kit"}})
        require(require_problem(answer, 409, "project-code-taken").get("project") == project, "it names the first")

    def a_repeat_changes_nothing(self, project: str, _: int) -> None:
        command, key = self.plan(), str(uuid.uuid4())
        first, again = self.command(project, command, key), self.command(project, command, key)
        require(first.status == again.status == 200, f"a repeat is answered as at first: {again.status}")
        require(first.json() == again.json(), "a repeat gets the first answer")
        require("idempotent-replay" not in first.headers, "the first answer is no repeat")
        require(again.headers.get("idempotent-replay") == "true", "a repeat is marked")
        require(self.version(project) == "2", "a repeat records nothing")

    def a_key_is_for_one_command_with_or_without_a_condition(self, project: str, _: int) -> None:
        command, key = self.plan(), str(uuid.uuid4())
        self.command(project, command, key, If_Match='"1"')
        require(self.command(project, command, key).status == 200, "If-Match is no part of the key's fingerprint")
        require_problem(self.command(project, self.plan(), key), 422, "key-reused")
        require_problem(self.send("POST", f"/v1/projects/{project}/commands", self.plan()), 400, "key-missing")

    def a_version_conflict_is_reported(self, project: str, _: int) -> None:
        require(self.command(project, self.plan(), If_Match='"1"').status == 200, "the present version passes")
        problem = require_problem(self.command(project, self.plan(), If_Match='"1"'), 412, "version-moved")
        require(problem.get("version") == 2, "412 has the version now")
        require(len(problem.get("changed", [])) == 1, "412 has what was recorded since")

    def a_check_stores_nothing(self, project: str, _: int) -> None:
        checked = self.check(project, self.plan())
        require(checked.status == 200, f"a check is 200, and {checked.status} came")
        require(checked.json().get("facts"), "a check answers with the facts that would follow")
        require(checked.json().get("version") == 1, "a check answers with the version now")
        require(self.version(project) == "1", "a check records nothing")
        effect = self.check(project, SUBMIT).json()
        require(effect["clocks"] and {"ends", "unblocked"} <= effect.keys(), "a check says what clocks it would move")
        refused = self.check(project, {"command": "accept_item", "item": "no-such-item"})
        require(refused.status in (403, 409), f"a check answers with the problem, and {refused.status} came")

    def a_batch_is_answered_line_by_line_in_order(self, project: str, _: int) -> None:
        lines = batch_lines(project, self.plan(), PLANNED, self.plan())
        answers = send_batch(self, lines)
        require([each["line"] for each in answers] == [1, 2, 3], "answers come in the order of the lines")
        require([each["status"] == 200 for each in answers] == [True, False, True], "a refused line stops no other")
        require("code" in answers[1].get("problem", {}), "a refused line has its problem")
        again = send_batch(self, lines)
        require(again[2]["receipt"] == answers[2]["receipt"], "a batch that is sent again gets the first answers")
        require(again[0].get("repeated") is True, "and is marked")

    def an_atomic_batch_is_carried_out_whole_or_not_at_all(self, project: str, _: int) -> None:
        answers = send_batch(self, batch_lines(project, self.plan(), PLANNED), "atomic")
        require(answers[0]["status"] == 409, f"the other line is undone, and {answers[0]['status']} came")
        require(self.version(project) == "1", "nothing of it is recorded")

    def a_batch_has_limits(self) -> None:
        answers = self.send("POST", BATCH, b"\n" * LINES_MAX + b"{}\n", Content_Type=NDJSON).lines()
        codes = [answer["problem"]["code"] for answer in answers]
        require(codes == ["body-too-large"], f"a batch ends after {LINES_MAX} lines: {codes}")

    def a_batch_has_16_mebibytes(self, project: str, _: int) -> None:
        def padded(size: int) -> Iterator[bytes]:
            """A command and blank lines, of so many bytes together, which are not announced."""
            (line,) = batch_lines(project, self.plan())
            command = json.dumps(line).encode() + b"\n"
            yield command
            whole, rest = divmod(size - len(command), len(BLANKS))
            yield from (BLANKS for _ in range(whole))
            yield BLANKS[-rest:] if rest else b""

        for size, codes in ((BATCH_BYTES_MAX, [None]), (BATCH_BYTES_MAX + 1, [None, "body-too-large"])):
            answers = self.send("POST", BATCH, padded(size), Content_Type=NDJSON).lines()
            came = [answer.get("problem", {}).get("code") for answer in answers]
            require(came == codes, f"of {size} bytes, with {BATCH_BYTES_MAX} allowed, {codes} was promised: {came}")
        limit = answers[-1]["problem"].get("limit")
        require(limit == BATCH_BYTES_MAX, f"the problem names the limit of {BATCH_BYTES_MAX} bytes: {limit}")
        require(self.version(project) == "3", "what was before the limit is carried out")

    def a_history_is_read_in_parts(self, project: str, _: int) -> None:
        self.command(project, self.plan())
        for after in (0, 1):
            versions = [entry["version"] for entry in self.history(project, after_version=after, limit=1)]
            require(versions == [after + 1], f"`after_version` and `limit` say which part comes: {versions}")

    def a_sandbox_lets_happen_what_falls_due(self) -> None:
        now = self.now()
        project, _ = self.register(code=f"sandbox-refused-{uuid.uuid4().hex[:12]}")
        self.command(project, SUBMIT)
        require_problem(self.advance_to(now - DAY), 422, "invalid-field")
        require(self.advance_to(now + DAY).status == 200, "the clock is advanced")
        require(self.now() >= now + DAY, "the clock is advanced as far as was wanted")
        entries = [(entry["fact"]["fact"], entry["fact"].get("outcome")) for entry in self.history(project)[2:4]]
        require(entries == [("item_accepted", None), ("item_completed", "refused")], f"the code decides: {entries}")

    def bad_requests_are_refused_with_what_is_wrong(self, project: str, _: int) -> None:
        path, key = f"/v1/projects/{project}/commands", str(uuid.uuid4())
        require_problem(self.get("/v1/progress", {"departmnet": "land"}), 400, "invalid-parameter")
        require_problem(self.send("POST", path, b"{", Idempotency_Key=key), 400, "malformed-json")
        require_problem(self.command(project, {"command": "no_such_command"}, key), 400, "unknown-command")
        wrong = self.send("POST", path, self.plan(), Idempotency_Key=key, Content_Type="text/plain")
        require_problem(wrong, 415, "wrong-content-type")
        field = require_problem(self.command(project, {"command": "plan_item", "item": 3}, key), 422, "invalid-field")
        require(field.get("path"), "a wrong field is named by its path")
        require(self.command(project, self.plan(), key).status == 200, "the key of a refused command is free")

    def each_problem_is_explained(self) -> None:
        problem = require_problem(self.get("/v1/nothing"), 404, "not-found")
        require(self.send("GET", problem["type"], signed=False).json()["code"] == "not-found", "`type` leads to it")
        require(len(self.send("GET", "/problems", signed=False).json()["problems"]) > 50, "/problems lists the codes")

    def the_document_distinguishes_commands(self) -> None:
        document = self.send("GET", "/schema/openapi.json", signed=False).json()
        union = document["components"]["schemas"]["AnyCommand"]
        require(union["discriminator"]["propertyName"] == "command", "commands have a discriminator")
        require(len(union["oneOf"]) == len(union["discriminator"]["mapping"]), "each command is in it")
