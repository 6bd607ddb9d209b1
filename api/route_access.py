"""How a route says what it asks for: `opt={ACCESS: ...}`, an action of the table of access or one of three words."""

from __future__ import annotations

ACCESS = "access"  # the key in a handler's `opt`
PUBLIC = "public"  # for everyone
COMMANDS = "commands"  # each command is judged by its own name, once it is read
ITSELF = "itself"  # the handler judges, as no path names what it is about
WHOLE_ZONE = "whole_zone"  # a key in `opt`: the answer is of all projects, for those alone who may read all
