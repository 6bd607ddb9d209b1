"""Checks what a Countersign server promises to programs, from outside: standard library only, JUnit out.

It imports nothing else of this project, so that the folder, or one file made of it by zipapp, can be taken anywhere.
"""
