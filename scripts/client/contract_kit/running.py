"""Runs the checks, and writes what each found as text and as JUnit."""

from __future__ import annotations

import argparse
import http.client
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from .commands import CommandPromises
from .feed import FeedPromises
from .identity import AccessPromises, IdentityPromises
from .kit import BrokenPromiseError, Kit, NotCheckedError
from .webhooks import WebhookPromises

GROUPS = (
    ("1", IdentityPromises),
    ("2", AccessPromises),
    ("3", CommandPromises),
    ("4", FeedPromises),
    ("4", WebhookPromises),
)
CHECKS = [(section, check) for section, group in GROUPS for check in vars(group).values() if callable(check)]


@dataclass
class Result:
    section: str
    name: str
    seconds: float
    failure: str = ""
    skipped: str = ""


def run(kit: Kit, names: list[str] | None = None) -> list[Result]:
    """Run the checks called *names*, or all; one that fails stops no other."""
    results = []
    for section, check in CHECKS:
        if names and check.__name__ not in names:
            continue
        began, failure, skipped = time.monotonic(), "", ""
        try:
            check(kit, *(kit.register() if check.__code__.co_argcount > 1 else ()))
        except NotCheckedError as reason:
            skipped = str(reason)
        except BrokenPromiseError as broken:
            failure = str(broken)
        except (OSError, http.client.HTTPException, LookupError, TypeError, ValueError, AttributeError) as error:
            failure = f"{type(error).__name__}: {error}"  # an answer in another form than was promised
        results.append(Result(section, check.__name__, time.monotonic() - began, failure, skipped))
    return results


def junit(results: list[Result]) -> str:
    """The results in the form that CI systems read."""
    suite = ET.Element("testsuite", name="contract", tests=str(len(results)))
    suite.set("failures", str(sum(bool(each.failure) for each in results)))
    suite.set("skipped", str(sum(bool(each.skipped) for each in results)))
    for each in results:
        case = ET.SubElement(suite, "testcase", classname=f"contract.{each.section}", name=each.name)
        case.set("time", f"{each.seconds:.3f}")
        for tag, message in (("failure", each.failure), ("skipped", each.skipped)):
            if message:
                ET.SubElement(case, tag, message=message)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def main(words: list[str] | None = None) -> int:
    """Check a server; the exit status."""
    parser = argparse.ArgumentParser(description="Checks what a Countersign server promises to programs.")
    parser.add_argument("--url", required=True, help="address of the server")
    parser.add_argument("--key", required=True, help="key of a program that manages projects")
    parser.add_argument("--receiver", default="", help="address of this machine that the server may post webhooks to")
    parser.add_argument("--narrow", default="", help="key of the same program with the scope feed alone")
    parser.add_argument("--expired", default="", help="key of which the time is over")
    parser.add_argument("--exhaust", action="store_true", help="use up the rate of the key: its other requests wait")
    parser.add_argument("--junit", type=Path, help="file for the results")
    parser.add_argument("checks", nargs="*", help="names of checks; all without a name")
    arguments = parser.parse_args(words)
    kit = Kit(
        arguments.url.rstrip("/"),
        arguments.key,
        arguments.receiver,
        arguments.narrow,
        arguments.expired,
        arguments.exhaust,
    )
    results = run(kit, arguments.checks)
    for each in results:
        state = "FAILED" if each.failure else "skipped" if each.skipped else "passed"
        print(f"{state:7} {each.section} {each.name.replace('_', ' ')} {each.failure or each.skipped}".rstrip())
    if arguments.junit:
        arguments.junit.write_text(junit(results), "utf-8")
    failed, skipped = (sum(bool(getattr(each, name)) for each in results) for name in ("failure", "skipped"))
    print(f"{len(results) - failed - skipped} of {len(results)} hold{f', {skipped} skipped' if skipped else ''}")
    return 1 if failed or not results else 0
