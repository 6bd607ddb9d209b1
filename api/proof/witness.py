"""The HTTP side of a witness (C2SP tlog-witness): POST /add-checkpoint, POST /add-restore, and whether it is alive."""

from __future__ import annotations

from collections.abc import Callable

from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from infrastructure.proof.witness import REQUEST_BYTES_MAX, Witness, WitnessReply

Clock = Callable[[], int]


def witness_app(witness: Witness, clock: Clock) -> Litestar:
    """The application of *witness*; *clock* gives Unix seconds."""

    @post("/add-checkpoint", status_code=200, media_type="text/plain")
    async def add_checkpoint(request: Request[None, None, State]) -> Response[str]:
        """Judge one checkpoint, and cosign it."""
        return judged(await request.body(), witness.add_checkpoint)

    @post("/add-restore", status_code=200, media_type="text/plain")
    async def add_restore(request: Request[None, None, State]) -> Response[str]:
        """Judge the statement that a ledger was restored, and cosign it."""
        return judged(await request.body(), witness.add_restore)

    def judged(body: bytes, judge: Callable[[str, int], WitnessReply]) -> Response[str]:
        try:
            reply = judge(body.decode(), clock())
        except UnicodeDecodeError:
            return Response("the request is not UTF-8\n", status_code=400, media_type="text/plain")
        return Response(reply.body, status_code=reply.status, headers={"Content-Type": reply.media_type})

    @get("/healthz", media_type="text/plain", sync_to_thread=False)
    def alive() -> str:
        """Whether the process answers."""
        return "alive\n"

    def refuse(request: Request[None, None, State], error: HTTPException) -> Response[str]:
        del request  # litestar's signature
        return Response(f"{error.detail}\n", status_code=error.status_code, media_type="text/plain")

    return Litestar(
        [add_checkpoint, add_restore, alive],
        request_max_body_size=REQUEST_BYTES_MAX,
        openapi_config=None,
        exception_handlers={HTTPException: refuse},
        logging_config=None,
    )
