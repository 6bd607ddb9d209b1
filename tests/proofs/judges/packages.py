"""ML-DSA-44 before an implementation of another maker, and the audit bundle before the library of BagIt."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infrastructure.proof.bundle import export_bundle
from infrastructure.proof.note import ML_DSA_44, TIME_BYTES, NoteSignature, NoteVerifier, SignedNote
from tests.infrastructure.proof.test_ml_dsa import CHECKPOINT, FORGED, LOG, TIME
from tests.proofs.log import PROJECTS, PYTHONS, Site, environment_with, judged, site
from tests.proofs.proof import Budget, Proof, RefutedError

DILITHIUM, BAGIT = "dilithium-py==1.5.1", "bagit==1.9.0"
# The message is laid out here again, from C2SP tlog-cosignature: nothing of the product is imported.
JUDGE = """
import base64, json, struct, sys
from dilithium_py.ml_dsa import ML_DSA_44
def message(name, text, time):
    origin, size, head = text.split("\\n")[:3]
    vectors = [struct.pack("B", len(part)) + part for part in (name.encode(), origin.encode())]
    return (b"subtree/v1\\n\\0" + vectors[0] + struct.pack(">Q", time) + vectors[1]
        + struct.pack(">QQ", 0, int(size)) + base64.b64decode(head))
def fits(key, note):
    name, key_id, encoded = key.split("+", 2)
    public, (text, _, lines) = base64.b64decode(encoded)[1:], note.rpartition("\\n\\n")
    for line in lines.splitlines():
        _, signer, data = line.split(" ")
        data = base64.b64decode(data)
        if signer == name and data[:4].hex() == key_id:
            try:
                stamp, = struct.unpack(">Q", data[4:12])
                return ML_DSA_44.verify(public, message(name, text, stamp), data[12:])
            except (ValueError, struct.error):
                return False
    return False
params = json.load(sys.stdin)
public, private = ML_DSA_44.key_derive(bytes.fromhex(params["seed"]))
signed = ML_DSA_44.sign(private, message(params["name"], params["text"], params["time"]))
print(json.dumps({"verdicts": [fits(key, note) for key, note in params["notes"]],
    "public": public.hex(), "signed": signed.hex()}))
"""
BAG_JUDGE = """
import bagit, json, logging, pathlib, sys
logging.disable(logging.CRITICAL)
bundle = pathlib.Path(sys.argv[1])
def is_valid():
    try:
        return bagit.Bag(str(bundle)).is_valid()
    except bagit.BagError:
        return False
verdicts = {"as exported": is_valid()}
for file in sorted(file for file in bundle.rglob("*") if file.is_file()):
    name, before = file.relative_to(bundle).as_posix(), file.read_bytes()
    changed = bytes([before[0] ^ 1]) + before[1:] if before else b"x"
    file.write_bytes(changed)
    verdicts[f"with another {name}"] = is_valid()
    file.unlink()
    verdicts[f"without {name}"] = is_valid()
    file.write_bytes(before)
stray = bundle / "data" / "stray"
stray.write_bytes(b"")
verdicts["with a file more"] = is_valid()
stray.unlink()
print(json.dumps(verdicts))
"""


def ml_dsa_by_another(_budget: Budget) -> str:
    """Give published checkpoints and forged signatures to the other implementation, and verify what that one signs."""
    sound = [(LOG.verifier.text, str(SignedNote(CHECKPOINT.text, (LOG.sign(CHECKPOINT.text, TIME),))))]
    forged = [(LOG.verifier.text, str(SignedNote(CHECKPOINT.text, (signature,)))) for signature in FORGED.values()]
    with site() as ours:
        judges = environment_with([DILITHIUM], ours.folder, [sys.executable, *PYTHONS])
        for projects in PROJECTS:
            ours.publish(projects)
            sound.append((ml_dsa_key(ours).text, (ours.proof.log / "checkpoint").read_text(encoding="utf-8")))
        reply = reply_of(judges, [*sound, *forged])
    names = [*(f"sound signature {number}" for number in range(len(sound))), *FORGED]
    verdicts = dict(zip(names, reply["verdicts"], strict=True))
    if wrong := [name for name, is_sound in verdicts.items() if is_sound != (name not in FORGED)]:
        raise RefutedError(f"the other implementation judges otherwise: {', '.join(wrong)}")
    if bytes.fromhex(reply["public"]) != LOG.verifier.key:
        raise RefutedError("the other implementation derives another key from the same seed")
    theirs = TIME.to_bytes(TIME_BYTES, "big") + bytes.fromhex(reply["signed"])
    LOG.verifier.verify(CHECKPOINT.text, NoteSignature(LOG.name, LOG.verifier.key_id, theirs))
    return f"{len(sound)} signatures accepted, {len(forged)} forged ones refused, 1 of theirs verified"


def reply_of(judges: Path, notes: list[tuple[str, str]]) -> dict[str, Any]:
    """What the other implementation says of signed *notes*, each with the key to judge it by. Raises RefutedError."""
    params = {"name": LOG.name, "text": CHECKPOINT.text, "time": TIME, "seed": LOG.seed.hex(), "notes": notes}
    command, text = [str(judges / "python"), "-c", JUDGE], json.dumps(params)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RefutedError(done.stderr[-3000:])
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def ml_dsa_key(ours: Site) -> NoteVerifier:
    """The key by ML-DSA-44 of the log."""
    return next(signer.verifier for signer in ours.keys.signers if signer.algorithm == ML_DSA_44)


def bundle_by_bagit(_budget: Budget) -> str:
    """Validate a bundle by the library of BagIt; then change, remove and add a file each: it has to find them all."""
    with site() as ours:
        judges = environment_with([BAGIT], ours.folder, [sys.executable, *PYTHONS])
        ours.publish(PROJECTS[0])
        bundle, keys = ours.folder / "bundle", [signer.verifier for signer in ours.keys.signers]
        export_bundle(ours.url, ours.proof.read_log(), keys, bundle, None, datetime.now(UTC), lambda _done, _of: None)
        verdicts: dict[str, bool] = json.loads(judged([str(judges / "python"), "-c", BAG_JUDGE, str(bundle)]))
        if not verdicts.pop("as exported"):
            raise RefutedError("bagit does not accept the bundle as it was exported")
        # A bag need not have the manifest of its tags, so that it is gone is the one thing that a validator passes.
        if passed := [
            name for name, is_valid in verdicts.items() if is_valid and name != "without tagmanifest-sha256.txt"
        ]:
            raise RefutedError(f"bagit accepts the bundle {', '.join(passed)}")
        payload = [file.relative_to(bundle) for file in sorted((bundle / "data").rglob("*")) if file.is_file()]
        for name in payload if shutil.which("sha256sum") else ():
            require_named_by_sha256sum(bundle, name)
    noticed = len(verdicts) - sum(verdicts.values())
    return f"{noticed} changes found by bagit, those of {len(payload)} files named by sha256sum"


def require_named_by_sha256sum(bundle: Path, name: Path) -> None:
    """Change a file for a moment. Raises RefutedError where `sha256sum` does not name it."""
    file, command = bundle / name, ["sha256sum", "--quiet", "-c", "manifest-sha256.txt"]
    before = file.read_bytes()
    file.write_bytes(bytes([before[0] ^ 1]) + before[1:] if before else b"x")
    done = subprocess.run(command, cwd=bundle, capture_output=True, text=True, check=False)
    file.write_bytes(before)
    if done.returncode == 0 or f"{name}: FAILED" not in done.stdout:
        raise RefutedError(f"sha256sum does not name {name}")


PROOFS = (
    Proof("ml-dsa", "another implementation of FIPS 204 judges the log's signatures as we do", ml_dsa_by_another),
    Proof("bagit", "the library of BagIt finds every changed, removed or added file of a bundle", bundle_by_bagit),
)
