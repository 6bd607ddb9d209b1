"""会签 countersignature: requests, revisions, forwarding and consolidation of opinions."""
