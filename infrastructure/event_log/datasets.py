"""Which logs of other registers were imported, by the names of their datasets."""

from __future__ import annotations

import psycopg

from domain.core.characters import visible
from domain.messages import SOURCE_SEPARATOR
from infrastructure.errors import OperatorError
from infrastructure.ledger.reader import configure

SHOWN_MAX = 20  # names in a sentence
IMPORTED = """
    SELECT DISTINCT split_part(convert_from(meta, 'UTF8')::jsonb ->> 'source', %s, 1) AS dataset FROM ledger.event
    WHERE version = 1 AND type = 'project_registered' ORDER BY dataset
"""


class DatasetUnknownError(OperatorError):
    """No log of this name was imported. The message says which were."""


def require_dataset(url: str, dataset: str) -> None:
    """Raise DatasetUnknownError unless a case of *dataset* is in the ledger at *url*; empty means all of them."""
    if not dataset:
        return
    with psycopg.connect(url) as connection:
        configure(connection)
        names = [name for (name,) in connection.execute(IMPORTED, [SOURCE_SEPARATOR]) if name]
    if dataset in names:
        return
    if not names:
        raise DatasetUnknownError(
            f"There is no dataset {visible(dataset)}: no log was imported into this ledger. `countersign import-log`"
            " imports one."
        )
    more = f" and {len(names) - SHOWN_MAX:,} more" if len(names) > SHOWN_MAX else ""
    raise DatasetUnknownError(
        f"There is no dataset {visible(dataset)}. Imported are: {', '.join(names[:SHOWN_MAX])}{more}."
    )
