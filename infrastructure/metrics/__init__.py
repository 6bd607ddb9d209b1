"""Figures for Prometheus: what this process counted, and what the database says at the moment of asking."""
