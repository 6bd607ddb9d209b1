"""Takes running cases over from another register: they are then the zone's own, and their clocks go on."""
