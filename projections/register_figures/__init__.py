"""Figures that an imported register states itself, parsed and counted."""
