"""The catalogue of service items as an aggregate: one file per use case, its command, rule and fact together."""
