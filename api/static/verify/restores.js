// Restores: a log ends, and another goes on with what was left. The statement by both says so.

import { fromBase64, fromHex, isSame } from "./bytes.js";
import { isBeginning } from "./merkle.js";
import { ED25519, UnreadableError, checkSignature, parseKey, parseNote } from "./note.js";

const FILE = "data/restores.ndjson";
const FIRST_LINE = "countersign restore statement v1";
const FACT = "ledger_restored";

/** Whether a text is a restore statement. */
export const isRestore = (text) => text.trimStart().startsWith(`${FIRST_LINE}\n`);

/** A restore statement: what a log said when it ended, and the keys of the next one. Throws UnreadableError. */
export async function parseRestore(text, path = []) {
  const note = parseNote(text);
  const [first, ...lines] = note.text.split("\n").slice(0, -1);
  const pairs = lines.map((line) => [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1)]);
  const values = Object.fromEntries(pairs.filter(([name]) => name !== "key"));
  try {
    if (first !== FIRST_LINE) throw new RangeError("another text");
    const [size, keptTo, epoch] = [values.size, values.kept, values.epoch].map((digits) => {
      if (!/^(0|[1-9]\d*)$/.test(digits)) throw new RangeError("not a number");
      return Number(digits);
    });
    const proof = values.consistency.replace(/^consistency$/, "").split(" ").filter(Boolean).map(fromBase64);
    const [head, keptHead] = [fromBase64(values.head), fromBase64(values["kept-head"])];
    const keys = await Promise.all(pairs.filter(([name]) => name === "key").map(([, key]) => parseKey(key)));
    const named = keys.filter(({ name, algorithm }) => name === values.log && algorithm === ED25519); // which sign statements
    const { log, ended } = values;
    if (!log || !ended) throw new RangeError("no name");
    return { note, log, ended, size, keptTo, epoch, head, keptHead, proof, keys: named, path: path.map(fromHex) };
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new UnreadableError("statement");
    throw error;
  }
}

/** The restores in a bundle, the first one first. Throws UnreadableError. */
export function readRestores(files, linesOf) {
  return Promise.all(files.has(FILE) ? linesOf(files, FILE).map(({ statement, path }) => parseRestore(String(statement), path)) : []);
}

/**
 * The keys that have to have signed the checkpoint of *origin*: those in *keys*, without those of logs that ended.
 *
 * Where that leaves none of the log, those count that the last statement names, if they did sign.
 */
export async function signersOf(note, origin, keys, restores) {
  const ended = new Set(restores.map((restore) => restore.ended));
  const nameOf = (key) => key.trim().split("+", 1)[0];
  const signers = keys.filter((key) => !ended.has(nameOf(key)));
  if (signers.length === keys.length || signers.some((key) => nameOf(key) === origin)) return signers;
  const signed = ({ name, id }) => note.signatures.some((each) => each.name === name && isSame(each.id, id));
  const named = restores.at(-1).keys;
  return [...signers, ...(named.some(signed) ? named.filter(signed) : named).map(({ text }) => text)];
}

/**
 * Check each statement, and that each leads to what came next: another log, and at last the checkpoint.
 *
 * A log that ended is known by a key that was given, else by the statement that began it, else by one that is *known*.
 */
export async function checkRestores(report, restores, checkpoint, { keys, known }) {
  const [pinned, others] = await Promise.all([keys, known].map((texts) => Promise.all([...new Set(texts)].map(parseKey))));
  const named = [];
  for (const [place, restore] of restores.entries()) {
    const next = restores[place + 1];
    const then = next
      ? { log: next.ended, size: next.size, head: next.head, epoch: next.epoch }
      : { log: checkpoint.origin, size: checkpoint.size, head: checkpoint.head, epoch: Infinity };
    const ofEnded = [pinned, named, others].map((all) => all.filter(({ name }) => name === restore.ended));
    const trusted = ofEnded.find(({ length }) => length) ?? [];
    if (!(await addRestore(report, restore, trusted, then.log, await linkFault(restore, then)))) continue;
    named.push(...restore.keys);
    if (keys.length && trusted === ofEnded[2]) report.leave("restore_key", { name: restore.ended });
  }
}

/**
 * Add the line about one statement, in which *code* is at fault, or nothing; whether all holds.
 *
 * Both logs have to have signed it, the one that ended by a *trusted* key.
 */
export async function addRestore(report, restore, trusted, following, code) {
  const { ended, log, epoch, keptTo, size } = restore;
  const [byEnded, byNext] = await Promise.all([trusted, restore.keys].map((keys) => signedBy(restore.note, keys)));
  const fault = byEnded === "missing" || byNext === "missing" ? "restore_signature" : code;
  const facts = { name: ended, log, epoch, size, lost: keptTo < size ? `${keptTo + 1}–${size}` : null };
  report.add("restore", facts, fault ? [{ position: keptTo + 1, code: fault, name: ended, log: following }] : []);
  if (byEnded === "unknown" || byNext === "unknown") report.leave("algorithm", { name: ended });
  return !fault;
}

/** Whether one of *keys* signed: fits, unknown where this browser can't check it, or missing. */
async function signedBy(note, keys) {
  const outcomes = await Promise.all(keys.map(async (key) => (await checkSignature(note, key)).outcome));
  return ["fits", "unknown"].find((outcome) => outcomes.includes(outcome)) ?? "missing";
}

/** The code of the fault where the entries that are left are not the beginning of what was signed, or null. */
export async function keptFault({ keptTo, keptHead, size, head, proof }) {
  return (await isBeginning(keptTo, keptHead, size, head, proof)) ? null : "restore_kept";
}

async function linkFault(restore, then) {
  if (restore.log !== then.log || restore.epoch >= then.epoch) return "restore_next";
  const fault = await keptFault(restore);
  if (fault) return fault;
  return (await isBeginning(restore.keptTo, restore.keptHead, then.size, then.head, restore.path)) ? null : "restore_path";
}

/** Check that the facts of restores and the statements say the same. */
export function checkRestoreFacts(report, restores, entries, { origin, size }) {
  const facts = new Map(entries.filter(({ type }) => type === FACT).map(({ position, data }) => [position, factIn(data)]));
  const stated = new Set(restores.map(({ ended }) => ended));
  const faults = [];
  for (const [position, { log = "" }] of facts) {
    if (log && log !== origin && !stated.has(log)) faults.push({ position, code: "restore_unstated", name: log });
  }
  for (const [place, { ended, keptTo, size: signed, epoch }] of restores.entries()) {
    if (keptTo >= Math.min(size, ...restores.slice(place + 1).map((later) => later.keptTo))) continue; // lost again, or not there yet
    const fact = facts.get(keptTo + 1) ?? {};
    const isSaid = fact.epoch === epoch && fact.log === ended && fact.kept_to === keptTo && fact.lost_to >= signed;
    if (!isSaid) faults.push({ position: keptTo + 1, code: "restore_fact", name: ended });
  }
  if (facts.size || restores.length) report.add("restore_facts", { count: facts.size }, faults);
}

function factIn(data) {
  try {
    return JSON.parse(data);
  } catch {
    return {}; // the check of the entries reports what is wrong
  }
}

/** The restore by which entries of an earlier checkpoint were lost; undefined where none of them was. */
export const lossOf = (restores, earlier) =>
  restores.find(({ ended, keptTo }) => ended === earlier.origin && earlier.size > keptTo);
