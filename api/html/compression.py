"""Compression of pages and of what they load: gzip, by litestar's own middleware.

Answers to programs are not compressed here. No page repeats what a visitor sent beside a secret of his, so that the
length of an answer gives nothing away.
"""

from __future__ import annotations

from litestar.config.compression import CompressionConfig
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware

BYTES_MIN = 1_000  # what is shorter fits into a packet anyway
GZIP_LEVEL = 5  # a page of 280 kB: 17 kB in 4 ms; level 9 takes three times as long for half a kilobyte less

COMPRESSED = DefineMiddleware(
    CompressionMiddleware,
    config=CompressionConfig(backend="gzip", minimum_size=BYTES_MIN, gzip_compress_level=GZIP_LEVEL),
)
