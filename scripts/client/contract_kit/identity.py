"""What is promised about who may come in, and who sees and does what: sections 1 and 2 of the contract."""

from __future__ import annotations

import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from .kit import TOO_MANY, HttpAnswer, Kit, NotCheckedError, require, require_problem

HEADERS = {"x-content-type-options", "referrer-policy", "permissions-policy", "cache-control", "vary"}
HEADERS |= {"cross-origin-opener-policy", "cross-origin-resource-policy"}
QUOTA, LEFT = re.compile(r'"key";q=(\d+);w=(\d+)'), re.compile(r'"key";r=(\d+);t=\d+')
REQUESTS_AT_ONCE, REQUESTS_MAX = 8, 20_000


class IdentityPromises(Kit):
    def nothing_without_credentials(self) -> None:
        answer = self.send("GET", "/v1/progress", signed=False)
        require_problem(answer, 401, "signin-required")
        require("bearer" in answer.headers.get("www-authenticate", "").lower(), "401 names the scheme Bearer")

    def a_wrong_key_is_refused_and_headers_sign_no_one_in(self) -> None:
        answer = self.send("GET", "/v1/progress", signed=False, Authorization=f"Bearer cs_live_kit_{'A' * 43}")
        require_problem(answer, 401, "credential-invalid")
        headers = {"X-Actor": "mallory", "X-Role": "supervisor", "X-Department": "bureau"}
        require(self.send("GET", "/v1/progress", signed=False, **headers).status == 401, "headers alone are no sign-in")

    def answers_have_security_headers(self) -> None:
        for path in ("/v1/me", "/v1/law/packs", "/v1/nothing", "/sign-in"):
            headers = self.get(path).headers
            require(headers.keys() >= HEADERS, f"{path} lacks {HEADERS - headers.keys()}")
            require(headers["x-content-type-options"] == "nosniff", f"{path}: types are not guessed")
            require("no-" in headers["cache-control"], f"{path}: no cache answers for the server")
            require(path != "/sign-in" or "content-security-policy" in headers, "a page says what it may load")
            require(self.url.startswith("http:") or "strict-transport-security" in headers, "TLS is kept to")

    def the_key_is_shown_with_its_rate(self) -> None:
        answer = self.get("/v1/me")
        me, headers = answer.json(), answer.headers
        shown = me["kind"], me["role"], me["signed_in_by"], len(me["grants"]), {"feed", "webhooks"} <= set(me["scopes"])
        require(shown == ("program", "project_manager", "key", 1, True), f"/v1/me shows the key: {shown}")
        require("expires_at" in me, "/v1/me says when the key ends")
        quota = QUOTA.fullmatch(headers.get("ratelimit-policy", ""))
        left = LEFT.fullmatch(headers.get("ratelimit", ""))
        require(quota and left and int(left[1]) < int(quota[1]), "RateLimit and its policy say what is left")

    def other_sites_and_hosts_are_refused(self, project: str, _: int) -> None:
        require_problem(self.get("/v1/me", Host="evil.example"), 421, "host-unknown")
        for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}):
            require_problem(self.send("POST", "/sign-in/password", b"", signed=False, **headers), 403, "cross-site")
            answer = self.command(project, self.plan(), **headers)
            require(answer.status == 200, f"a program with a key is of no site: {answer.status}")

    def no_other_credentials_are_taken(self) -> None:
        for scheme in ("Basic", "Digest", "ApiKey"):
            answer = self.send("GET", "/v1/me", signed=False, Authorization=f"{scheme} {self.key}")
            require_problem(answer, 401, "credential-invalid")
        for name in ("countersign-session", "__Host-countersign-session"):
            answer = self.send("GET", "/v1/me", signed=False, Cookie=f"{name}={'A' * 43}")
            require_problem(answer, 401, "signin-required")
        answer = self.send("GET", f"/v1/me?access_token={self.key}", signed=False)
        require(answer.status in (400, 401), "a key in the address signs no one in")

    def an_expired_key_is_refused(self) -> None:
        if not self.expired:
            raise NotCheckedError("give --expired, a key of which the time is over")
        for path in ("/v1/me", "/v1/progress", "/v1/events"):
            answer = self.send("GET", path, key=self.expired)
            require_problem(answer, 401, "credential-invalid")
            require("invalid_token" in answer.headers.get("www-authenticate", ""), "401 says that the key is at fault")

    def a_narrow_key_does_what_its_scopes_say(self, project: str, _: int) -> None:
        if not self.narrow:
            raise NotCheckedError("give --narrow, a key of the same program with the scope feed alone")
        scopes = self.send("GET", "/v1/me", key=self.narrow).json()["scopes"]
        require(scopes == ["feed"], f"/v1/me shows the scopes of the key: {scopes}")
        answer = self.send("GET", "/v1/events?limit=1", key=self.narrow)
        require(answer.status == 200, f"what is in a scope is done, and {answer.status} came")
        refused = {
            "read:progress": self.send("GET", "/v1/progress", key=self.narrow),
            "read:history": self.send("GET", f"/v1/projects/{project}/history", key=self.narrow),
            "commands:plan_item": self.command(project, self.plan(), key=self.narrow),
            "webhooks": self.send("POST", "/v1/subscriptions", {"url": "https://example.org/"}, key=self.narrow),
        }
        for scope, answer in refused.items():
            remedy = require_problem(answer, 403, "access-denied")["remedy"]
            require(scope in remedy, f"403 names the scope {scope}: {remedy}")

    def a_used_up_rate_says_when_to_come_again(self) -> None:
        if not self.exhausts:
            raise NotCheckedError("give --exhaust: all requests with this key are then refused for some seconds")
        headers = {"Authorization": f"Bearer {self.key}"}

        def ask(_: int) -> HttpAnswer:
            return self.exchange("GET", "/v1/me", None, headers)

        quota = QUOTA.fullmatch(ask(0).headers.get("ratelimit-policy", ""))
        require(quota, "RateLimit-Policy says how many requests are allowed")
        burst, seconds = (int(number) for number in quota.groups()) if quota else (0, 1)
        began, count, refused = time.monotonic(), 0, None
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
            while refused is None and count < REQUESTS_MAX:
                answers = list(pool.map(ask, range(burst)))
                count += burst
                refused = next((answer for answer in answers if answer.status == TOO_MANY), None)
                allowed = burst + (time.monotonic() - began) * burst / seconds
                require(
                    refused or count <= allowed + 1, f"{count} requests passed, of {allowed:.0f} that were promised"
                )
        if refused is None:
            raise NotCheckedError(f"{count} requests from here were not enough to use up the rate of the key")
        require_problem(refused, TOO_MANY, "too-many-requests")
        left = LEFT.fullmatch(refused.headers.get("ratelimit", ""))
        require(left and left[1] == "0", "RateLimit says that nothing is left")
        wait = refused.headers.get("retry-after", "")
        require(wait.isdigit() and 0 < int(wait) <= seconds + 1, f"Retry-After says when to come again: {wait!r}")
        time.sleep(int(wait))
        require(ask(0).status == 200, "who comes again when that was said is answered")

    def what_belongs_together_stays_so(self, project: str, _: int) -> None:
        correlation = str(uuid.uuid4())
        self.command(project, self.plan(), X_Correlation_ID=correlation)
        entry = self.history(project)[-1]
        require(entry["correlation"] == correlation, "X-Correlation-ID stays with the entry")
        require(entry["by"]["id"] == self.me, "an entry names who acted")
        require(entry.get("causation") is None, "what was commanded follows from no other entry")


class AccessPromises(Kit):
    def the_law_is_public(self) -> None:
        for path in ("/v1/law/packs", "/v1/law/calendars", "/v1/catalogues", "/healthz", "/problems"):
            require(self.send("GET", path, signed=False).status == 200, f"{path} needs no credentials")

    def what_one_may_not_see_is_not_there(self) -> None:
        for ending in ("", "/history", "/progress", "/clocks"):
            require_problem(self.get(f"/v1/projects/{uuid.uuid4()}{ending}"), 404, "project-unknown")

    def what_one_may_not_do_is_forbidden(self, project: str, _: int) -> None:
        card = {"command": "issue_card", "item": "land-use", "colour": "red", "reasons": "contract kit"}
        require("rule" in require_problem(self.command(project, card), 403, "access-denied"), "403 names the rule")
