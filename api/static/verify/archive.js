// Files of a bundle: from a zip, a tar, a tar.gz, or a folder that was chosen.

import { UnreadableError } from "./note.js";

const END_OF_ZIP = 0x06054b50;
const ZIP_ENTRY = 0x02014b50;
const ZIP_END_BYTES = 22;
const ZIP_COMMENT_MAX = 65_535;
const TAR_BLOCK = 512;
const ANCHOR = "data/checkpoint"; // what every bundle has: its folder is the bundle
const UNPACKED_BYTES_MAX = 2 ** 31; // a bundle that is larger is for the verifier in one file

const decoder = new TextDecoder();

/** The files of a bundle by their names in it, from the files that a person chose. Throws UnreadableError. */
export async function bundleFiles(chosen) {
  const files = new Map();
  for (const file of chosen) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (chosen.length > 1 || file.webkitRelativePath) files.set(file.webkitRelativePath || file.name, bytes);
    else for (const [name, data] of await unpacked(bytes)) files.set(name, data);
  }
  return below(files);
}

/** Whether bytes are an archive of one of the kinds that are read here. */
export function isArchive(bytes) {
  return isZip(bytes) || isGzip(bytes) || isTar(bytes);
}

const isZip = (bytes) => bytes[0] === 0x50 && bytes[1] === 0x4b;
const isGzip = (bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b;
const isTar = (bytes) => decoder.decode(bytes.slice(257, 262)) === "ustar";

async function unpacked(bytes) {
  if (isZip(bytes)) return unzip(bytes);
  if (isGzip(bytes)) return untar(await inflate(bytes, "gzip", UNPACKED_BYTES_MAX));
  if (isTar(bytes)) return untar(bytes);
  throw new UnreadableError("archive");
}

/** The files below the folder of the bundle, named from there. */
function below(files) {
  const anchor = [...files.keys()].find((name) => name === ANCHOR || name.endsWith(`/${ANCHOR}`));
  if (anchor === undefined) throw new UnreadableError("no_bundle");
  const prefix = anchor.slice(0, -ANCHOR.length);
  const inside = [...files].filter(([name]) => name.startsWith(prefix) && !name.endsWith("/"));
  return new Map(inside.map(([name, data]) => [name.slice(prefix.length), data]));
}

/** What is packed in bytes, of *most* bytes: what goes on beyond them would fill the memory. */
async function inflate(bytes, format, most) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  const parts = [];
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
      if (length > most) throw new RangeError("too long");
      parts.push(part.value);
    }
    const result = new Uint8Array(length); // not concat: there are more parts than a call takes arguments
    let at = 0;
    for (const part of parts) {
      result.set(part, at);
      at += part.length;
    }
    return result;
  } catch {
    throw new UnreadableError("archive");
  }
}

async function unzip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - ZIP_END_BYTES;
  while (end >= 0 && end >= bytes.length - ZIP_END_BYTES - ZIP_COMMENT_MAX && view.getUint32(end, true) !== END_OF_ZIP) end -= 1;
  if (end < 0 || view.getUint32(end, true) !== END_OF_ZIP) throw new UnreadableError("archive");
  const files = new Map();
  let total = 0;
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ZIP_ENTRY) throw new UnreadableError("archive");
    const [method, packed, size] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const [nameBytes, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    total += size;
    if (total > UNPACKED_BYTES_MAX || (method !== 0 && method !== 8)) throw new UnreadableError("archive");
    const start = view.getUint32(at + 42, true);
    if (start + 30 > bytes.length) throw new UnreadableError("archive");
    const data = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
    const body = bytes.subarray(data, data + packed);
    const name = decoder.decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    const file = method === 0 ? body : await inflate(body, "deflate-raw", size);
    if (file.length !== size) throw new UnreadableError("archive");
    files.set(name, file);
    at += 46 + nameBytes + extra + comment;
  }
  return files;
}

function untar(bytes) {
  const text = (from, length) => decoder.decode(bytes.subarray(from, from + length)).split("\0")[0];
  const files = new Map();
  for (let at = 0; at + TAR_BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const digits = text(at + 124, 12).trim();
    const size = /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN; // parseInt alone reads a sign: to go back has no end
    if (!(at + TAR_BLOCK + size <= bytes.length)) throw new UnreadableError("archive");
    const prefix = text(at + 345, 155);
    const isFile = ["", "0"].includes(text(at + 156, 1));
    const name = `${prefix}${prefix && "/"}${text(at, 100)}`.replace(/^\.\//, "");
    if (isFile) files.set(name, bytes.subarray(at + TAR_BLOCK, at + TAR_BLOCK + size));
    at += TAR_BLOCK * (1 + Math.ceil(size / TAR_BLOCK));
  }
  return files;
}
