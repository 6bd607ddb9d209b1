// Verifies an audit bundle: files, signatures, hash chains, the tree, and the dates. Nothing leaves the browser.

import { bigEndian, concat, fromHex, isSame, sha256, toHex, utf8 } from "./bytes.js";
import { DateCheck } from "./dates.js";
import { GrowingTree, headByPath, leafHash } from "./merkle.js";
import { UnreadableError, checkSignature, parseCheckpoint, parseKey, parseNote } from "./note.js";
import { checkRestoreFacts, checkRestores, lossOf, readRestores, signersOf } from "./restores.js";
import { parseToml } from "./toml.js";

const GENESIS = new Uint8Array(32);
const MANIFESTS = ["manifest-sha256.txt", "tagmanifest-sha256.txt"];
const LEAF_BYTES = 40; // position and hash
const PROGRESS_EVERY = 500; // entries
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** What was checked, in order: {check, outcome: passed | failed | unchecked, ...facts, faults}. */
export class Report {
  constructor() {
    this.checks = [];
  }

  /** Add a check that passed if it has no faults. */
  add(check, facts, faults = []) {
    this.checks.push({ check, outcome: faults.length ? "failed" : "passed", ...facts, faults });
  }

  /** Add something that was not checked. */
  leave(check, facts = {}) {
    this.checks.push({ check, outcome: "unchecked", ...facts, faults: [] });
  }

  /** refuted where anything does not hold; fits where signatures rest on unconfirmed keys; else verified. */
  get verdict() {
    if (this.checks.some(({ outcome }) => outcome === "failed")) return "refuted";
    return this.checks.some(({ check }) => check === "keys" || check === "algorithm") ? "fits" : "verified";
  }

  /** The lowest position that any fault names; null where none does. */
  get firstBad() {
    const positions = this.checks.flatMap(({ faults }) => faults.map((fault) => fault.position)).filter(Number.isInteger);
    return positions.length ? Math.min(...positions) : null;
  }
}

/**
 * Verify the files of a bundle, by name.
 *
 * *keys* are the public keys that the reader got from their owners, each of which has to have signed. Without any, those
 * that are *known* otherwise, or are in the bundle, show only that it fits together. *earlier* is the text of an earlier
 * checkpoint that the reader has. *progress* is called with the number of entries that are done.
 * Throws UnreadableError, with what was checked by then as its `report`.
 */
export async function verifyBundle(files, options = {}) {
  const report = new Report();
  try {
    await checkBundle(report, files, options);
  } catch (error) {
    throw Object.assign(error, { report }); // the results so far remain valid
  }
  return report;
}

async function checkBundle(report, files, { keys = [], known = [], earlier = "", progress = () => {} }) {
  report.add("files", { count: files.size }, await manifestFaults(files));
  const note = parseNote(textOf(files, "data/checkpoint"));
  const checkpoint = parseCheckpoint(note.text);
  const own = textOf(files, "data/keys.txt").split("\n").filter((line) => line.trim());
  const restores = await readRestores(files, linesOf);
  const signers = await signersOf(note, checkpoint.origin, keys, restores);
  await checkSignatures(report, note, checkpoint, { keys: signers, known: [...known, ...own] });
  await checkRestores(report, restores, checkpoint, { keys, known: [...known, ...own] });
  const entries = await checkEntries(report, files, checkpoint, progress);
  const saved = earlier && leftOf(report, restores, parseCheckpoint(parseNote(earlier).text));
  await checkTree(report, files, entries, checkpoint, saved);
  checkRestoreFacts(report, restores, entries, checkpoint);
  checkDates(report, files, entries);
  for (const name of files.keys()) if (name.endsWith(".tsr")) report.leave("time_stamp", { name });
  const { length } = linesOf(files, "data/materials.ndjson");
  if (length) report.leave("materials", { count: length });
}

function textOf(files, name) {
  const bytes = files.get(name);
  if (bytes === undefined) throw new UnreadableError("missing", name);
  try {
    return decoder.decode(bytes);
  } catch {
    throw new UnreadableError("text", name);
  }
}

function linesOf(files, name) {
  const lines = textOf(files, name).split("\n").filter(Boolean);
  return lines.map((line, place) => {
    const value = jsonOf(line, `${name}, ${place + 1}`);
    if (!isObject(value)) throw new UnreadableError("line", `${name}, ${place + 1}`);
    return value;
  });
}

function jsonOf(text, name) {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableError("json", name);
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function rulesOf(files, name) {
  const text = textOf(files, name);
  try {
    return parseToml(text);
  } catch {
    throw new UnreadableError("rules", name);
  }
}

function calendarsOf(files, name) {
  const calendars = jsonOf(textOf(files, name), name)?.calendars;
  if (!isObject(calendars)) throw new UnreadableError("calendars", name);
  return calendars;
}

async function manifestFaults(files) {
  const faults = [];
  const listed = new Set();
  for (const manifest of MANIFESTS) {
    for (const line of textOf(files, manifest).split("\n").filter(Boolean)) {
      const [digest, name] = [line.slice(0, 64), line.slice(66)];
      listed.add(name);
      const data = files.get(name);
      if (data === undefined) faults.push({ code: "file_missing", name });
      else if (toHex(await sha256(data)) !== digest) faults.push({ code: "file_changed", name });
    }
  }
  for (const name of files.keys()) if (name.startsWith("data/") && !listed.has(name)) faults.push({ code: "file_unlisted", name });
  return faults;
}

/** Check a checkpoint: every one of *keys* has to have signed; without any, one of the *known* that did. */
export async function checkSignatures(report, note, checkpoint, { keys, known = [] }) {
  const parsed = await Promise.all([...new Set(keys.length ? keys : known)].map(parseKey));
  let signed = 0;
  for (const key of parsed) {
    const { name, outcome, time } = await checkSignature(note, key);
    const facts = { name, origin: checkpoint.origin, size: checkpoint.size, time };
    if (outcome === "missing" && !keys.length) continue;
    signed += 1;
    if (outcome === "unknown") report.leave("algorithm", facts);
    else report.add(time === null ? "signature" : "cosignature", facts, outcome === "fits" ? [] : [{ code: `signature_${outcome}`, name }]);
  }
  if (!signed) report.add("signature", { name: checkpoint.origin, ...checkpoint }, [{ code: "signature_by_nobody", name: checkpoint.origin }]);
  if (!keys.length) report.leave("keys");
}

async function entryHash(entry, previous) {
  const [type, data, meta] = [entry.type, entry.data, entry.meta].map((text) => {
    if (typeof text !== "string") throw new RangeError("not a text");
    return utf8(text);
  });
  const numbers = [entry.version, entry.occurred_us, entry.recorded_us];
  if (!UUID.test(entry.stream) || !numbers.every(Number.isSafeInteger)) throw new RangeError("not a number");
  const header = concat(
    fromHex(entry.stream.replaceAll("-", "")),
    ...numbers.map((number) => bigEndian(number, 8)),
    bigEndian(type.length, 2),
    bigEndian(data.length, 4),
    bigEndian(meta.length, 4),
  );
  return sha256(previous, header, type, data, meta);
}

/** Check the chain of every stream; returns the entries, each with its hash in bytes, or null where it has none. */
async function checkEntries(report, files, checkpoint, progress) {
  const entries = linesOf(files, "data/entries.ndjson");
  if (!entries.length) throw new UnreadableError("empty");
  const chains = new Map();
  const faults = [];
  for (const [place, entry] of entries.entries()) {
    const { position, stream, version } = entry;
    const [before, previous] = chains.get(stream) ?? [null, GENESIS];
    entry.bytes = null;
    try {
      const expected = await entryHash(entry, previous);
      entry.bytes = fromHex(entry.hash);
      if (!isSame(entry.bytes, expected)) faults.push({ position, code: "hash_differs", version, stream });
    } catch {
      faults.push({ position, code: "unhashable", version, stream });
    }
    const isNext = before === null ? version === 0 || version === 1 : version === before + 1;
    if (!isNext) faults.push({ position, code: "version_gap", version, before, stream });
    chains.set(stream, [version, entry.bytes ?? previous]);
    if (place % PROGRESS_EVERY === 0) await progress(place, entries.length);
  }
  report.add("chains", { streams: chains.size, count: entries.length }, faults);
  return entries;
}

/** The earlier checkpoint that the reader has; undefined where a restore took entries of it away, which is said. */
function leftOf(report, restores, earlier) {
  const restore = lossOf(restores, earlier);
  if (restore === undefined) return earlier;
  const differs = earlier.size === restore.size && !isSame(earlier.head, restore.head);
  if (differs) report.add("kept", { size: earlier.size }, [{ code: "kept_differs", size: earlier.size }]);
  else report.leave("kept_lost", { size: earlier.size, position: restore.keptTo + 1, epoch: restore.epoch });
  return undefined;
}

/** Check that every entry is in the tree of the checkpoint: by paths, or by all entries of the zone. */
async function checkTree(report, files, entries, checkpoint, earlier) {
  const isWhole = !files.has("data/proofs.ndjson");
  const faults = isWhole
    ? await wholeFaults(entries, files.get("data/leaves"), checkpoint, earlier)
    : await pathFaults(entries, linesOf(files, "data/proofs.ndjson"), checkpoint);
  report.add("tree", { count: entries.length, size: checkpoint.size }, faults.filter(({ code }) => !code.startsWith("kept")));
  if (!earlier) return;
  const lost = earlier.size > checkpoint.size ? [{ code: "kept_longer", position: checkpoint.size + 1, size: earlier.size }] : [];
  const differing = faults.filter(({ code }) => code.startsWith("kept"));
  if (isWhole || lost.length) report.add("kept", { size: earlier.size }, [...lost, ...differing]);
  else report.leave("kept", { size: earlier.size });
}

async function pathFaults(entries, proofs, checkpoint) {
  const paths = new Map(proofs.map(({ position, path }) => [position, hashesIn(path)]));
  const faults = [];
  for (const { position, bytes } of entries) {
    if (bytes === null || !paths.get(position)) faults.push({ position, code: "no_path" });
    else {
      const head = await headByPath(await leafHash(position, bytes), position - 1, checkpoint.size, paths.get(position));
      if (head === null || !isSame(head, checkpoint.head)) faults.push({ position, code: "not_in_tree" });
    }
  }
  return faults;
}

/** The hashes of a path; null where it is none. */
function hashesIn(path) {
  try {
    return path.map(fromHex);
  } catch {
    return null;
  }
}

async function wholeFaults(entries, leaves, checkpoint, earlier) {
  const faults = [];
  const tree = new GrowingTree();
  for (const { position, bytes } of entries) {
    if (position !== tree.size + 1) {
      return [...faults, { position: Math.min(position, tree.size + 1), code: "position_gap", before: tree.size }];
    }
    await tree.add(await leafHash(position, bytes ?? GENESIS));
    if (earlier && tree.size === earlier.size && !isSame(await tree.head(), earlier.head)) faults.push({ code: "kept_differs", size: earlier.size });
  }
  const isSameTree = tree.size === checkpoint.size && isSame(await tree.head(), checkpoint.head);
  if (!isSameTree && leaves !== undefined) faults.push(...(await leafFaults(entries, leaves, checkpoint)));
  if (isSameTree || faults.some(({ code }) => code === "not_in_tree")) return faults;
  if (tree.size < checkpoint.size) faults.push({ code: "tail_missing", position: tree.size + 1, size: checkpoint.size });
  else faults.push({ code: "tree_differs", size: checkpoint.size });
  return faults;
}

/** The entries that are not the leaves of the log, where these make the head that was signed. */
async function leafFaults(entries, leaves, checkpoint) {
  const tree = new GrowingTree();
  const leafAt = (place) => leaves.subarray(LEAF_BYTES * place, LEAF_BYTES * (place + 1));
  for (let place = 0; place < leaves.length / LEAF_BYTES; place += 1) {
    await tree.add(await leafHash(place + 1, leafAt(place).subarray(8)));
  }
  if (tree.size !== checkpoint.size || !isSame(await tree.head(), checkpoint.head)) return [];
  const differing = entries.filter(({ bytes }, place) => bytes === null || !isSame(leafAt(place).subarray(8), bytes));
  return differing.map(({ position }) => ({ position, code: "not_in_tree" }));
}

/** Count every date again that the entries state. */
function checkDates(report, files, entries) {
  const named = (folder, end) => [...files.keys()].filter((name) => name.startsWith(folder) && name.endsWith(end));
  const calendars = Object.assign({}, ...named("data/calendars/", ".json").map((name) => calendarsOf(files, name)));
  const rules = named("data/rules/", ".toml").map((name) => [name.slice("data/rules/".length, -".toml".length), rulesOf(files, name)]);
  const check = new DateCheck(calendars, Object.fromEntries(rules));
  for (const entry of entries) {
    try {
      check.add(entry, JSON.parse(entry.data), JSON.parse(entry.meta).law ?? "");
    } catch {
      check.faults.push({ position: entry.position, code: "fact_unreadable" }); // what no system of ours has written
    }
  }
  report.add("dates", { count: check.checked }, check.faults);
  for (const [law, count] of check.unchecked) report.leave("dates_of", { law, count });
  for (const [law, count] of check.unfounded) report.leave("dates_without", { law, count });
}
