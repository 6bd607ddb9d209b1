"""/verify 验证: the page that checks audit bundles, proofs and printed notices in the reader's own browser."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.html.assets import script_address
from api.html.page import PageContext
from api.html.translations import TABLES
from api.identity.dependencies import plain_page
from api.proof.code import VERIFY
from api.route_access import ACCESS, PUBLIC
from api.web.dependencies import ReadDependency
from infrastructure.proof.note import ED25519_KINDS
from infrastructure.proof.publisher import ProofFolder
from infrastructure.settings import Settings

LOCALES = {"zh": "zh-CN", "en": "en-GB"}


class VerifyPages(Controller):
    """Public: the page sends nothing, and contains only public keys."""

    dependencies = {"plain_page": ReadDependency(plain_page)}  # noqa: RUF012  litestar's own spelling
    opt = {ACCESS: PUBLIC}  # noqa: RUF012  as above

    @get(VERIFY, sync_to_thread=True)
    def verify(self, settings: NamedDependency[Settings], plain_page: NamedDependency[PageContext]) -> Response[str]:
        """The form, its sentences, and the keys that this server publishes."""
        keys = [key.text for key in ProofFolder(settings.proof_folder).trusted_keys() if key.algorithm in ED25519_KINDS]
        data = {
            "sentences": {name: plain_page.words["verify"](name) for name in TABLES["verify"]},
            "known": keys,
            "language": LOCALES[plain_page.language],
        }
        return plain_page.render("verify.html", data=data, script=script_address("page.js"))
