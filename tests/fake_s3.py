"""As much of an S3-compatible store as materials need, in this process: real requests by the real client, answered.

Bodies are held against the hash that the client has signed. It was checked against moto's server, which knows more.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

BUCKET = "materials"


class Bucket:
    """What one store holds. *failing*: methods that are answered 500 from now on."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.failing: set[str] = set()
        self.environment: dict[str, str] = {}


class _Handler(BaseHTTPRequestHandler):
    bucket: ClassVar[Bucket]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""

    def _parsed(self) -> tuple[str, dict[str, list[str]], bytes]:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        signed = self.headers.get("x-amz-content-sha256", "")
        assert signed in ("UNSIGNED-PAYLOAD", sha256(body).hexdigest())
        assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256")
        return parts.path.removeprefix(f"/{BUCKET}/"), parse_qs(parts.query, keep_blank_values=True), body

    def _answer(self, status: int, body: bytes = b"", *, size: int | None = None, **headers: Any) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.send_header("Content-Length", str(len(body) if size is None else size))
        self.end_headers()
        self.wfile.write(body)

    def _may_answer(self) -> bool:
        if self.command in self.bucket.failing:
            self._answer(500)
            return False
        return True

    def do_GET(self) -> None:
        key, query, _ = self._parsed()
        if not self._may_answer():
            return
        if "list-type" in query:
            self._answer(200, self._listing(query["prefix"][0]))
            return
        content = self.bucket.objects.get(key)
        if content is None:
            self._answer(404)
            return
        headers: dict[str, Any] = {
            "ETag": f'"{md5(content).hexdigest()}"',
            "Last_Modified": "Mon, 02 Mar 2026 01:00:00 GMT",
        }
        if self.command == "HEAD":
            self._answer(200, size=len(content), **headers)
        elif "Range" in self.headers:
            first, last = (int(number) for number in self.headers["Range"].removeprefix("bytes=").split("-"))
            part = content[first : last + 1]
            headers["Content_Range"] = f"bytes {first}-{first + len(part) - 1}/{len(content)}"
            self._answer(206, part, **headers)
        else:
            self._answer(200, content, **headers)

    def _listing(self, prefix: str) -> bytes:
        held = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-03-02T01:00:00.000Z</LastModified><ETag>x</ETag>"
            f"<Size>{len(content)}</Size></Contents>"
            for key, content in self.bucket.objects.items()
            if key.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{held}</ListBucketResult>".encode()

    do_HEAD = do_GET  # noqa: N815  as the standard library calls it

    def do_PUT(self) -> None:
        key, query, body = self._parsed()
        if not self._may_answer():
            return
        if source := self.headers.get("x-amz-copy-source"):
            content = self.bucket.objects[key] = self.bucket.objects[unquote(source).removeprefix(f"{BUCKET}/")]
            tag = f'<ETag>"{md5(content).hexdigest()}"</ETag>'
            self._answer(200, f"<CopyObjectResult>{tag}</CopyObjectResult>".encode())
            return
        if "uploadId" in query:
            self.bucket.parts[query["uploadId"][0]][int(query["partNumber"][0])] = body
        else:
            self.bucket.objects[key] = body
        self._answer(200, ETag=f'"{md5(body).hexdigest()}"')

    def do_POST(self) -> None:
        key, query, params = self._parsed()
        if "delete" in query:
            object_keys = re.findall("<Key>(.*?)</Key>", params.decode())
            for object_key in object_keys:
                self.bucket.objects.pop(object_key, None)
            deleted = "".join(f"<Deleted><Key>{object_key}</Key></Deleted>" for object_key in object_keys)
            self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())
            return
        if "uploads" in query:
            name = f"upload-{len(self.bucket.parts)}"
            self.bucket.parts[name] = {}
            elements = f"<Bucket>{BUCKET}</Bucket><Key>{key}</Key><UploadId>{name}</UploadId>"
            body = f"<InitiateMultipartUploadResult>{elements}</InitiateMultipartUploadResult>"
        else:
            parts = self.bucket.parts.pop(query["uploadId"][0])
            content = self.bucket.objects[key] = b"".join(parts[number] for number in sorted(parts))
            elements = f"<Bucket>{BUCKET}</Bucket><Key>{key}</Key><ETag>&quot;{md5(content).hexdigest()}&quot;</ETag>"
            body = f"<CompleteMultipartUploadResult>{elements}</CompleteMultipartUploadResult>"
        self._answer(200, body.encode())

    def do_DELETE(self) -> None:
        _, query, _ = self._parsed()
        self.bucket.parts.pop(query["uploadId"][0], None)
        self._answer(204)


@contextmanager
def bucket() -> Iterator[Bucket]:
    """A store that listens, and in its `environment` what a client needs to know of it."""
    held = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"bucket": held}))
    server.daemon_threads = True
    held.environment = {
        "AWS_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
