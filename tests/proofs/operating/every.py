"""All proofs of operation with programs of other makers."""

from __future__ import annotations

from tests.proofs.operating import foreign_servers, malware, streams, tls_proxy
from tests.proofs.proof import Proof

PROOFS: tuple[Proof, ...] = (*streams.PROOFS, *tls_proxy.PROOFS, *malware.PROOFS, *foreign_servers.PROOFS)
