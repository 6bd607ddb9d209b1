// Verifies one entry: a proof that was downloaded (C2SP tlog-proof), or the code on a printed notice.

import { fromBase64, fromHex, isSame, toHex } from "./bytes.js";
import { Report, checkSignatures } from "./bundle.js";
import { headByPath, leafHash } from "./merkle.js";
import { UnreadableError, parseCheckpoint, parseNote } from "./note.js";

const PROOF_HEADER = "c2sp.org/tlog-proof@v1";
const PRINTED = /cs1\.([A-Za-z0-9_-]+)\s*$/;
const HASH_BYTES = 32;
const SIGNATURE_BYTES = 68; // key id and Ed25519 signature
const LEAF_BYTES = 8 + HASH_BYTES;

/** Whether a text is a proof of one kind or the other. */
export function isProof(text) {
  return text.trimStart().startsWith(PROOF_HEADER) || PRINTED.test(text);
}

/**
 * Verify the proof in *text*: that the entry's hash is in the tree whose head was signed by *keys*.
 *
 * *hash* is the entry's hash in hex, for a proof that does not hold it. Throws UnreadableError.
 */
export async function verifyProof(text, { keys = [], known = [], hash = "" } = {}) {
  const printed = PRINTED.exec(text);
  const proof = printed ? await printedProof(printed[1]) : parseProof(text);
  const report = new Report();
  const entry = hash ? readHash(hash) : proof.hash;
  if (entry === null) throw new UnreadableError("no_hash");
  const head = await headByPath(await leafHash(proof.position, entry), proof.position - 1, proof.size, proof.path);
  const fits = head !== null && isSame(head, proof.head);
  const facts = { position: proof.position, size: proof.size, hash: toHex(entry) };
  report.add("inclusion", facts, fits ? [] : [{ code: "not_in_tree", position: proof.position }]);
  await checkSignatures(report, proof.note, proof, { keys, known });
  return report;
}

function readHash(text) {
  try {
    const bytes = fromHex(text.trim());
    if (bytes.length === HASH_BYTES) return bytes;
  } catch {
    // not hex: reported below
  }
  throw new UnreadableError("hash");
}

/** A tlog-proof; its line `extra`, where there is one, holds the leaf: position and hash of the entry. */
function parseProof(text) {
  const [head, ...rest] = text.trimStart().split("\n\n");
  const lines = head.split("\n").slice(1);
  try {
    const extra = lines[0].startsWith("extra ") ? fromBase64(lines.shift().slice("extra ".length)) : null;
    const [, index] = /^index (\d+)$/.exec(lines.shift());
    const path = lines.map(fromBase64);
    const note = parseNote(rest.join("\n\n"));
    const position = Number(index) + 1;
    return { position, path, note, hash: extra?.length === LEAF_BYTES ? extra.slice(8) : null, ...parseCheckpoint(note.text) };
  } catch (error) {
    if (error instanceof UnreadableError) throw error;
    throw new UnreadableError("proof");
  }
}

/** The content of the code: lengths, position, size, hash, origin, signature and path; the head follows from them. */
async function printedProof(encoded) {
  try {
    const bytes = fromBase64(encoded.replaceAll("-", "+").replaceAll("_", "/").padEnd(Math.ceil(encoded.length / 4) * 4, "="));
    const view = new DataView(bytes.buffer);
    const [position, size] = [Number(view.getBigUint64(0)), Number(view.getBigUint64(8))];
    const originBytes = bytes[16];
    let at = 17;
    const take = (length) => bytes.slice(at, (at += length));
    const [hash, origin, signature] = [take(HASH_BYTES), new TextDecoder().decode(take(originBytes)), take(SIGNATURE_BYTES)];
    const path = [];
    while (at < bytes.length) path.push(take(HASH_BYTES));
    if (signature.length !== SIGNATURE_BYTES || path.some((each) => each.length !== HASH_BYTES)) throw new RangeError("cut off");
    const head = await headByPath(await leafHash(position, hash), position - 1, size, path);
    if (head === null) throw new RangeError("another path");
    const note = {
      text: `${origin}\n${size}\n${btoa(String.fromCharCode(...head))}\n`,
      signatures: [{ name: origin, id: signature.slice(0, 4), signature: signature.slice(4) }],
    };
    return { position, path, note, hash, head, origin, size };
  } catch {
    throw new UnreadableError("printed");
  }
}
