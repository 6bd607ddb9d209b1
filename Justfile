# Shortcuts; everything here works without just, too.

# Every check: format, lint, types, layers, tests.
check *words:
    ./scripts/test {{words}}

# The demonstration: the shipped log, imported and served.
demo *words:
    ./scripts/run {{words}}

# Serve your own database.
serve *words:
    .venv/bin/countersign serve {{words}}

# Put files into the house format, and mend what can be mended.
tidy:
    .venv/bin/ruff format
    .venv/bin/ruff check --fix
