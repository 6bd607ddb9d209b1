"""A small server that speaks clamd's INSTREAM, and finds EICAR's test string."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from struct import unpack

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 200_000  # bytes, as StreamMaxLength is


class Session(socketserver.StreamRequestHandler):
    """One scan."""

    def handle(self) -> None:
        """Read the command and the file, and answer."""
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
            if len(content) > LIMIT:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        verdict = b"Eicar-Test-Signature FOUND" if EICAR in content else b"OK"
        self.wfile.write(b"stream: " + verdict + b"\0")


@contextmanager
def clamd() -> Iterator[str]:
    """The address of a running server."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
