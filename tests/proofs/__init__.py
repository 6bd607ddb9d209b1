"""Proofs that need more than the packages of this project: run by hand or by night, skipped aloud where it is missing.

Each module has a `run`, and is a program: `python -m tests.proofs.patroni`.
"""
