"""A client for programs that use Countersign over HTTP, synchronous and asynchronous, and its command-line verbs."""

from __future__ import annotations

from scripts.client.asynchronous import AsyncCountersignClient
from scripts.client.errors import ClientError, ProblemError, SignatureError
from scripts.client.synchronous import CountersignClient
from scripts.client.verifying import verified

__all__ = [
    "AsyncCountersignClient",
    "ClientError",
    "CountersignClient",
    "ProblemError",
    "SignatureError",
    "verified",
]
