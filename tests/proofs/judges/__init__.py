"""Programs of other makers that judge the transparency log and the audit bundle."""
