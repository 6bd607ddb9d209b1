"""Which article of a law a flag is about (rule book B13): what was not as this law asks."""

from __future__ import annotations

from domain.law.packs.pack import Duty, Pack

EXTENSION = "extension"

DUTY_OF: dict[str, Duty] = {
    "correction_response_overdue": "answer_date",
    "decided_without_acceptance": "acceptance",
    "extension_not_notified": "extension_notice",
    "suspend_not_notified": "suspension_notice",
    "suspension_overrun": "suspension_length",
}

# The citation, clock or ground of a pack that speaks of it, beside those of duties, extensions and reasons.
CITED = {
    "accepted_after_deemed": "intake",
    "accepted_before_receipt": "received",
    "correction_after_acceptance": "supplement",
    "correction_notice_late": "supplement",
    "correction_repeated_new_items": "supplement",
    "countersign_deemed": "countersign",
    "countersign_reply_after_deemed": "countersign",
    "decided_before_hearing_window_closed": "hearing_request",
    "duplicate_acceptance": "received",
    "duplicate_receipt": "received",
    "duplicate_suspend": "suspension",
    "hearing_notice_short": "hearing_notice",
    "hearing_request_late": "hearing_request",
    "refused_after_acceptance": "intake",
    "refused_after_deemed": "intake",
    "renewal_filed_late": "renewal_filing",
    "resume_without_suspend": "suspension",
    "suspend_no_statutory_ground": "suspension",
}


def article_of(pack: Pack, mode: str, flag: str) -> str:
    """The article that *flag* is about, with its clock, department or reason; empty where *pack* cites none."""
    kind, _, subject = flag.partition(":")
    if kind in DUTY_OF:
        duty = pack.duties.get(DUTY_OF[kind])
        return duty.article if duty else ""
    if kind.startswith(EXTENSION):
        extension = pack.extension(subject, mode)
        return extension.article if extension else pack.article(EXTENSION)
    return pack.article(CITED.get(kind, subject))
