// Verifies a signed statement: what the views were at a position, or a morning report (docs "Signed statements").

import { Report, checkSignatures } from "./bundle.js";
import { UnreadableError, parseNote } from "./note.js";

const KINDS = { "countersign rebuild statement v1": "rebuild", "countersign morning report v1": "morning" };

/** Whether a text is a statement of a kind that is known here. */
export function isStatement(text) {
  return kindOf(text) !== undefined;
}

const kindOf = (text) => KINDS[text.trimStart().split("\n")[0]];

/** Verify the signatures under a statement, and repeat what it says. Throws UnreadableError. */
export async function verifyStatement(text, { keys = [], known = [] } = {}) {
  const body = text.trimStart();
  const note = parseNote(body.endsWith("\n") ? body : `${body}\n`);
  const [, origin] = /^log (\S+)$/m.exec(note.text) ?? [];
  if (origin === undefined) throw new UnreadableError("statement");
  const [, position] = /^position (\d+)$/m.exec(note.text) ?? [null, "0"];
  const report = new Report();
  await checkSignatures(report, note, { origin, size: Number(position) }, { keys, known });
  report.leave(`says_${kindOf(body)}`, { text: note.text.split("\n").slice(1).join("; ") });
  return report;
}
