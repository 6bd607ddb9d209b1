"""A receiver of webhooks to be killed: `python -m tests.proofs.hook_receiver PORT FILE` notes, then answers."""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

from msgspec import json


def main(port: int, file: Path) -> None:
    """Receive until killed. A line is on disk before its request is answered."""
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            line = json.encode([self.headers["webhook-id"], json.decode(body)]) + b"\n"
            with lock, file.open("ab") as noted:
                noted.write(line)
                noted.flush()
                os.fsync(noted.fileno())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
