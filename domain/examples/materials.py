"""A file attached to items of the example project, and detached from one: an example of each command and fact."""

from __future__ import annotations

from hashlib import sha256

from domain.examples.people import ENTERPRISE, MANAGER, sent
from domain.project.materials.attachment import AttachMaterial, DetachMaterial

MEDIA_TYPE = "application/pdf"
REPORT = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
DIGEST = sha256(REPORT).hexdigest()

ATTACHED = [
    *sent(
        "2026-07-08 09:30",
        ENTERPRISE,
        AttachMaterial(
            digest=DIGEST,
            name="竣工测绘报告.pdf",
            media_type=MEDIA_TYPE,
            size=len(REPORT),
            items=("land-use", "site-plan", "drainage"),
            later_evidence=True,
            source="测绘院",
        ),
    ),
    *sent(
        "2026-07-08 14:00",
        MANAGER,
        DetachMaterial(digest=DIGEST, items=("drainage",), reasons="该事项已撤回, 重新申请时再提交"),
    ),
]
