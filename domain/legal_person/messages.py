"""Every command to a legal person and every fact of one."""

from __future__ import annotations

from domain.legal_person.identity import (
    LegacyCodeLinked,
    LegalPersonMerged,
    LegalPersonSeparated,
    LinkLegacyCode,
    MergeLegalPerson,
    SeparateLegalPerson,
)
from domain.legal_person.registration import (
    ChangeLegalPerson,
    LegalPersonChanged,
    LegalPersonRegistered,
    RegisterLegalPerson,
)

PersonCommand = RegisterLegalPerson | ChangeLegalPerson | LinkLegacyCode | MergeLegalPerson | SeparateLegalPerson
PersonFact = LegalPersonRegistered | LegalPersonChanged | LegacyCodeLinked | LegalPersonMerged | LegalPersonSeparated
