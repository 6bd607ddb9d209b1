// Bytes: hex, base64, comparison, and the two functions of WebCrypto that everything rests on.

const encoder = new TextEncoder();

/** The UTF-8 bytes of a text. */
export const utf8 = (text) => encoder.encode(text);

/** All parts behind each other. */
export function concat(...parts) {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Lower-case hex of bytes. */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of hex. Throws RangeError. */
export function fromHex(text) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/i.test(text)) throw new RangeError("not hex");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** The bytes of base64. Throws RangeError. */
export function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4) throw new RangeError("not base64");
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Whether two arrays hold the same bytes. */
export function isSame(a, b) {
  return a.length === b.length && a.every((byte, place) => byte === b[place]);
}

/** A number in so many bytes, big-endian. */
export function bigEndian(number, length) {
  const result = new Uint8Array(length);
  let rest = BigInt.asUintN(8 * length, BigInt(number));
  for (let place = length - 1; place >= 0; place -= 1, rest >>= 8n) result[place] = Number(rest & 255n);
  return result;
}

/** SHA-256 of the parts, one behind the other. */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", parts.length === 1 ? parts[0] : concat(...parts)));
}

/** Whether an Ed25519 signature fits; null where this browser can't tell. */
export async function ed25519Fits(key, message, signature) {
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    return false;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
}
