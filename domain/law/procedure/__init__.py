"""The procedure of an application: one interface to the clocks of every law, with an implementation for each engine."""
