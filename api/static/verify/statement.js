// Verifies a signed statement: what the views were at a position, a morning report of the bureau, or a restore.

import { Report, checkSignatures } from "./bundle.js";
import { fromBase64 } from "./bytes.js";
import { isBeginning } from "./merkle.js";
import { UnreadableError, parseKey, parseNote } from "./note.js";
import { addRestore, isRestore, keptFault, parseRestore } from "./restores.js";

const KINDS = { "countersign rebuild statement v1": "rebuild", "countersign morning report v1": "morning" };

/** Whether a text is a statement of a kind that is known here. */
export function isStatement(text) {
  return kindOf(text) !== undefined || isRestore(text);
}

const kindOf = (text) => KINDS[text.trimStart().split("\n")[0]];

/** Verify the signatures under a statement and what it proves, and repeat what it says. Throws UnreadableError. */
export async function verifyStatement(text, { keys = [], known = [] } = {}) {
  const body = text.trimStart();
  if (isRestore(body)) return verifyRestore(await parseRestore(body), keys, known);
  const note = parseNote(body);
  const lines = note.text.split("\n").slice(1, -1);
  const values = new Map(lines.map((line) => [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1)]));
  if (!values.has("log") || !/^\d+$/.test(values.get("position") ?? "")) throw new UnreadableError("statement");
  const report = new Report();
  const about = { origin: values.get("log"), size: Number(values.get("position")) };
  await checkSignatures(report, note, about, { keys, known });
  if (kindOf(body) === "morning") await checkConsistency(report, values, about.size);
  report.leave(`says_${kindOf(body)}`, { text: lines.filter((line) => !line.startsWith("consistency")).join("; ") });
  return report;
}

/** Check that both logs have signed, and that the entries that are left are the beginning of what was signed. */
async function verifyRestore(restore, keys, known) {
  const report = new Report();
  const parsed = await Promise.all([...new Set(keys.length ? keys : known)].map(parseKey));
  const trusted = parsed.filter(({ name }) => name === restore.ended);
  await addRestore(report, restore, trusted, restore.log, await keptFault(restore));
  if (!keys.length) report.leave("keys");
  return report;
}

/** Check that the tree of the report before is the beginning of the present one: nothing was rewritten. */
async function checkConsistency(report, values, size) {
  try {
    const [old, oldHead, head] = [Number(values.get("since")), fromBase64(values.get("before")), fromBase64(values.get("head"))];
    const proof = values.get("consistency").replace(/^consistency$/, "").split(" ").filter(Boolean).map(fromBase64);
    const holds = await isBeginning(old, oldHead, size, head, proof);
    report.add("consistency", { old, size }, holds ? [] : [{ code: "consistency" }]);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new UnreadableError("statement");
    throw error;
  }
}
