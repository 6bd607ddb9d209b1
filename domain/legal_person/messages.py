"""The unions of legal-person commands and legal-person facts."""

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
