// Signed notes, checkpoints and cosignatures by Ed25519 (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

import { concat, ed25519Fits, fromBase64, fromHex, isSame, sha256, utf8 } from "./bytes.js";

export const ED25519 = 1;
const COSIGNATURE = 4;
const KEY_ID_BYTES = 4;
const KEY_BYTES = 32;
const TIME_BYTES = 8;
const DASH = "\u2014 ";

/** Something that can't be read at all; `code` and `detail` say what. */
export class UnreadableError extends Error {
  constructor(code, detail = "") {
    super(`${code} ${detail}`);
    Object.assign(this, { code, detail });
  }
}

/** A published key, `name+id+base64`; its `algorithm` may be one that a browser can't check. Throws UnreadableError. */
export async function parseKey(text) {
  try {
    const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim());
    const data = fromBase64(encoded);
    const expected = (await sha256(utf8(`${name}\n`), data)).slice(0, KEY_ID_BYTES);
    if (!isSame(fromHex(id), expected)) throw new RangeError("another id");
    return { name, id: expected, algorithm: data[0], key: data.slice(1), text: text.trim() };
  } catch {
    throw new UnreadableError("key", text.trim().slice(0, 60));
  }
}

/** A signed note: its text and its signatures {name, id, signature}. Throws UnreadableError. */
export function parseNote(note) {
  const end = note.lastIndexOf("\n\n");
  const lines = end < 0 ? [] : note.slice(end + 2).split("\n").filter(Boolean);
  if (lines.length === 0) throw new UnreadableError("note");
  const signatures = lines.map((line) => {
    const [name, encoded] = line.slice(DASH.length).split(" ");
    try {
      const data = fromBase64(encoded);
      if (!line.startsWith(DASH) || data.length <= KEY_ID_BYTES) throw new RangeError("too short");
      return { name, id: data.slice(0, KEY_ID_BYTES), signature: data.slice(KEY_ID_BYTES) };
    } catch {
      throw new UnreadableError("note", line.slice(0, 60));
    }
  });
  return { text: note.slice(0, end + 1), signatures };
}

/** Origin, size and head in the text of a checkpoint. Throws UnreadableError. */
export function parseCheckpoint(text) {
  const [origin, size, head] = text.split("\n");
  try {
    const bytes = fromBase64(head);
    if (!origin || !/^(0|[1-9]\d*)$/.test(size) || bytes.length !== KEY_BYTES) throw new RangeError("no checkpoint");
    return { origin, size: Number(size), head: bytes };
  } catch {
    throw new UnreadableError("checkpoint");
  }
}

/**
 * What the signature of a key under a note is: {name, outcome, time}.
 *
 * `outcome` is fits, differs, missing, or unknown where this browser can't check it; `time` when a witness signed.
 */
export async function checkSignature(note, key) {
  const signed = note.signatures.find(({ name, id }) => name === key.name && isSame(id, key.id));
  if (signed === undefined) return { name: key.name, outcome: "missing", time: null };
  if ((key.algorithm !== ED25519 && key.algorithm !== COSIGNATURE) || key.key.length !== KEY_BYTES) {
    return { name: key.name, outcome: "unknown", time: null };
  }
  let [message, signature, time] = [utf8(note.text), signed.signature, null];
  if (key.algorithm === COSIGNATURE) {
    time = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
    message = concat(utf8(`cosignature/v1\ntime ${time}\n`), message);
    signature = signature.slice(TIME_BYTES);
  }
  const fits = await ed25519Fits(key.key, message, signature);
  return { name: key.name, outcome: fits === null ? "unknown" : fits ? "fits" : "differs", time };
}
