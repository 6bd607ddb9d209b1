"""Which texts of the messages are personal, whose they are, and when a person's data may be erased."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from msgspec import inspect, json

from domain.core.context import Context
from domain.core.ledger import Actor, Refused, Role
from domain.core.personal import PersonalField, person_id, personal_fields
from domain.access.principal import Grant, PrincipalKind
from domain.access.state import Principal
from domain.messages import COMMANDS, FACTS
from domain.privacy.erasure import ErasePerson, PersonErased
from domain.streams import KINDS
