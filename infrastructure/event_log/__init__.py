"""Event logs for process mining: the histories of a register, or of the zone, as XES or OCEL."""
