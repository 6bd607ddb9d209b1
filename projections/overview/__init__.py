"""The zone at a glance: projects that need attention, twelve weeks of figures, cases by step, days used."""
