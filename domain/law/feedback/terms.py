"""Which edition of the zone's rules on complaints and evaluations applies: the one a fact names, or that of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.law.packs.feedback import FeedbackStep, FeedbackTerms

__all__ = ["FeedbackStep", "FeedbackTerms", "terms_of", "terms_on"]


def terms_on(editions: Sequence[FeedbackTerms], day: date) -> FeedbackTerms:
    """The edition in force on the local *day*, of *editions* from old to new; the oldest one before any was published.

    Raises ValueError where there are none.
    """
    if not editions:
        raise ValueError("no rules on complaints and evaluations are published")
    in_force = [terms for terms in editions if terms.valid_from <= day]
    return in_force[-1] if in_force else editions[0]


def terms_of(editions: Sequence[FeedbackTerms], rule: str, day: date) -> FeedbackTerms:
    """The edition called *rule*, else the one in force on *day*: the first facts recorded name none."""
    return next((terms for terms in editions if terms.name == rule), None) or terms_on(editions, day)
