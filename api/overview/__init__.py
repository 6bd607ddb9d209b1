"""总览 the page of a leader: what needs attention, the zone in four figures, and twelve weeks of departments."""
