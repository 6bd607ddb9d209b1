"""Starts the kit where Python is given its folder, or one file made of it.

python contract_kit --url https://approvals.example.org --key cs_live_... --junit report.xml

The key is that of a program in the role project_manager, with the scopes commands:*, read:*, feed and webhooks. The kit
registers projects called "contract kit". With --receiver, the server may post to this machine: webhooks are checked.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

PACKAGE = "contract_kit"


def main() -> int:
    """Check a server; the exit status."""
    package = ModuleType(PACKAGE)  # Python gives a folder, or a file, that it runs no name: its modules need it
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules[PACKAGE] = package
    status: int = import_module(f"{PACKAGE}.running").main()
    return status


if __name__ == "__main__":
    sys.exit(main())
