"""归并 identity: older codes are linked to a person, duplicate entries merged, wrong merges separated."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import require_reasons
from domain.core.types import Code, Line, Text
from domain.legal_person.codes import organisation_code, require_legacy, require_uscc
from domain.legal_person.state import AnyPerson, LegalPerson, require_keeper, require_open


class LinkLegacyCode(Command, frozen=True, tag="link_legacy_code"):
    """Link a nine-character organisation code to this person.

    The one contained in the person's own code (characters 9 to 17) is linked already. Any other needs a *source* as
    proof, such as the notice of a re-issued code.
    """

    code: Code
    legacy: Code
    source: Line = ""

    def decide(self, person: LegalPerson, context: Context) -> tuple[Fact, ...]:
        require_open(self.code, person, context, "link a legacy code")
        legacy = require_legacy(self.legacy)
        own = organisation_code(person.code)
        if legacy == own or legacy in person.legacy:
            raise Refused(
                "legacy-linked",
                f"{legacy} is already linked to {self.code}",
                remedy="nothing needs to be done: the person can be looked up by it",
            )
        if not self.source.strip():
            raise Refused(
                "legacy-unproved",
                f"{self.code} contains the organisation code {own}, not {legacy}",
                remedy="name in source the paper that proves both belong to one person, or check the code",
            )
        return (LegacyCodeLinked(legacy=legacy, source=self.source),)


class LegacyCodeLinked(Fact, frozen=True, tag="legacy_code_linked"):
    """An organisation code from before 2015 was linked to this person."""

    legacy: str
    source: str = ""

    def apply(self, person: AnyPerson) -> None:
        person.legacy[self.legacy] = self.source


class MergeLegalPerson(Command, frozen=True, tag="merge_legal_person"):
    """Merge this entry into the entry *into* of the same person, which is returned in its place from now on."""

    code: Code
    into: Code
    reasons: Text

    def decide(self, person: LegalPerson, context: Context) -> tuple[Fact, ...]:
        require_open(self.code, person, context, "merge legal persons")
        require_uscc(self.into)
        if self.into == self.code:
            raise Refused(
                "merge-circle", f"{self.code} can't be merged into itself", remedy="name the other entry in into"
            )
        require_reasons(self.reasons, f"merging {self.code} into {self.into}", "")
        return (LegalPersonMerged(into=self.into, reasons=self.reasons),)


class LegalPersonMerged(Fact, frozen=True, tag="legal_person_merged"):
    """归并: this entry was merged into *into*, the same person."""

    into: str
    reasons: str

    def apply(self, person: AnyPerson) -> None:
        person.merged_into = self.into


class SeparateLegalPerson(Command, frozen=True, tag="separate_legal_person"):
    """Undo a merge: they are two persons after all."""

    code: Code
    reasons: Text

    def decide(self, person: LegalPerson, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.code, person, context, "separate legal persons")
        if not person.merged_into:
            raise Refused(
                "not-merged", f"{self.code} is not merged into another person", remedy="nothing needs to be done"
            )
        require_reasons(self.reasons, f"separating {self.code} from {person.merged_into}", "")
        return (LegalPersonSeparated(was_into=person.merged_into, reasons=self.reasons),)


class LegalPersonSeparated(Fact, frozen=True, tag="legal_person_separated"):
    """The merge was a mistake; projects of this code are its own again."""

    was_into: str
    reasons: str

    def apply(self, person: AnyPerson) -> None:
        person.merged_into = ""


def require_survivor(code: str, survivor: LegalPerson) -> None:
    """Refuse a merge into *code* unless it is registered and not itself merged, so that no cycle can arise.

    The caller has read both streams, which a command to one of them has not.
    """
    if not survivor.code:
        raise Refused("unknown-person", f"no legal person {code} was registered", remedy="register it first")
    if survivor.merged_into:
        raise Refused(
            "person-merged",
            f"{code} was itself merged into {survivor.merged_into}",
            remedy=f"merge into {survivor.merged_into}",
            into=survivor.merged_into,
        )
