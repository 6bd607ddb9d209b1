"""上报 forwarding: the lower level examines and sends the file to the upper level, which decides (Art. 35, 43)."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.types import Code, Mode, Name, Stage
from domain.project.rules import require_handler, require_stage
from domain.project.state.project import Item, Project


class ForwardItem(Command, frozen=True, tag="forward_item"):
    """Send the examined file to the upper level. *upper* is the deciding department, empty if outside the system."""

    item: Code
    upper: Name = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_lower_review(self.item, item, "forwarded", context.law.article("lower_review"))
        require_stage(self.item, item, "be forwarded", Stage.ACCEPTED)
        if item.forwarded:
            raise Refused(
                "already-forwarded",
                f"{self.item} has already been forwarded",
                remedy="nothing needs to be done: the upper level goes on with it",
            )
        return (ItemForwarded(item=self.item, upper=self.upper),)


class ItemForwarded(Fact, frozen=True, tag="item_forwarded"):
    """上报: the lower level's clock ends here. Transit to the upper level counts in neither clock."""

    item: str
    upper: str = ""

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.forwarded, item.upper = True, self.upper


class ReceiveForwardedItem(Command, frozen=True, tag="receive_forwarded_item"):
    """Receive the file at the upper level, which handles the item from then on."""

    item: Code

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_lower_review(self.item, item, "received by an upper level", context.law.article("lower_review"))
        require_stage(self.item, item, "be received by the upper level", Stage.ACCEPTED)
        if not item.forwarded or item.upper_received:
            raise Refused(
                "not-under-way",
                f"{self.item} is not in transit to the upper level",
                remedy="forward it first; it is received once only",
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
    """The upper level received the file: its decision clock starts."""

    item: str

    def apply(self, project: Project) -> None:
        project.recorded(self.item).upper_received = True


def require_lower_review(code: str, item: Item, what: str, article: str) -> None:
    """Refuse unless the item is examined by a lower level first."""
    if item.mode != Mode.LOWER_REVIEW:
        raise Refused(
            "wrong-mode",
            f"{code} is handled in the mode {item.mode}, so it can't be {what}",
            article=article,
            remedy="only items in the mode lower_review are forwarded",
        )
