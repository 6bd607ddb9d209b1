"""Addresses of earlier releases, which are answered 404: the remedy names the address that took their place."""

from __future__ import annotations

import re

VERSION = "/v1"  # JSON is read and written below it; the next version will be beside it

_SUBJECTS = (
    "projects|materials|progress|registers|external|feedback|clocks|waiting|law|legal-persons|catalogues|names|flows"
    "|information"
)
_UNVERSIONED = re.compile(rf"/(?:{_SUBJECTS})(?=/|$)|/supervision/")
_RENAMED = (
    (re.compile(r"(?:/v1)?/outside"), "/v1/external"),
    (re.compile(r"(?:/v1)?/voices/summary"), "/v1/feedback/summary"),
    (re.compile(r"(?:/v1)?/(complaints|evaluations)"), r"/v1/feedback/\1"),
    (re.compile(r"(?:/v1)?/projects/([^/]+)/outside"), r"/v1/projects/\1/external"),
    (re.compile(r"(?:/v1)?/projects/([^/]+)/complaints"), r"/v1/projects/\1/feedback"),
    (re.compile(r"(?:/v1)?/projects/([^/]+)/path"), r"/v1/projects/\1/critical-path"),
    (re.compile(r"/worklist"), "/desk"),
    (re.compile(r"/pages/supervision/conduct"), "/pages/supervision/timeliness"),
)


def new_address(path: str) -> str | None:
    """The address that answers today what *path* answered in an earlier release; None where it never answered."""
    for old, new in _RENAMED:
        if match := old.fullmatch(path):
            return match.expand(new)
    return VERSION + path if _UNVERSIONED.match(path) else None
