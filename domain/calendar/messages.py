"""The unions of calendar commands and calendar facts."""

from __future__ import annotations

from domain.calendar.notice import (
    ApplyNotice,
    ApproveNotice,
    ImportNotice,
    NoticeApplied,
    NoticeApproved,
    NoticeImported,
    NoticeWithdrawn,
    WithdrawNotice,
)

CalendarCommand = ImportNotice | ApproveNotice | ApplyNotice | WithdrawNotice
CalendarFact = NoticeImported | NoticeApproved | NoticeApplied | NoticeWithdrawn
