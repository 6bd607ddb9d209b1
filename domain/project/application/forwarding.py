"""上报 forwarding: the lower level examines first and hands the file to the level that decides (Art. 35, 43)."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.types import Code, Mode, Name, Stage
from domain.project.rules import require_handler, require_stage
from domain.project.state.project import Item, Project


class ForwardItem(Command, frozen=True, tag="forward_item"):
    """Send the examined file up. *upper* is the deciding department, empty where it works outside the system."""

    item: Code
    upper: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_lower_review(self.item, item, "forwarded", context.law.article("lower_review"))
        require_stage(self.item, item, "be forwarded", Stage.ACCEPTED)
        if item.forwarded:
            raise Refused("already-forwarded", f"{self.item} was already forwarded", remedy="the upper level has it")
        return (ItemForwarded(item=self.item, upper=self.upper),)


class ItemForwarded(Fact, frozen=True, tag="item_forwarded"):
    """上报: the lower level's clock ends here. The way to the upper level belongs to neither clock."""

    item: str
    upper: str = ""

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.forwarded, item.upper = True, self.upper


class ReceiveForwardedItem(Command, frozen=True, tag="receive_forwarded_item"):
    """Take the file in at the upper level, which handles the item from then on."""

    item: Code

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_lower_review(self.item, item, "received by an upper level", context.law.article("lower_review"))
        require_stage(self.item, item, "be received by the upper level", Stage.ACCEPTED)
        if not item.forwarded or item.upper_received:
            raise Refused(
                "not-under-way",
                f"{self.item} is not on its way to the upper level",
                remedy="it is received once, after it was forwarded",
            )
        by = context.by
        if not item.upper:
            require_handler(self.item, item, by)
        elif by.department != item.upper or by.role not in (Role.OFFICER, Role.SYSTEM):
            raise Refused(
                "wrong-department",
                f"{self.item} was forwarded to {item.upper}, not to {by.department or by.id} ({by.role})",
                remedy=f"an officer of {item.upper} has to do this",
                department=item.upper,
            )
        return (ForwardedItemReceived(item=self.item),)


class ForwardedItemReceived(Fact, frozen=True, tag="forwarded_item_received"):
    """The upper level has the file: its decision clock starts."""

    item: str

    def apply(self, project: Project) -> None:
        project.recorded(self.item).upper_received = True


def require_lower_review(code: str, item: Item, what: str, article: str) -> None:
    """Refuse unless the item is examined by a lower level first."""
    if item.mode != Mode.LOWER_REVIEW:
        raise Refused(
            "wrong-mode",
            f"{code} is handled in the mode {item.mode}, so it isn't {what}",
            article=article,
            remedy="only items in the mode lower_review are forwarded",
        )
