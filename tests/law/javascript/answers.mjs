// Reads questions, one JSON object a line, and prints an answer a line: {call, ...} with `call` evaluate or due.

import { createInterface } from "node:readline";
import { evaluate } from "../../../api/static/verify/evaluate.js";
import { dueOf } from "../../../api/static/verify/general.js";

const calendars = JSON.parse(process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  const { call, rule, events, calendar, t, known } = JSON.parse(line);
  const answer = call === "due" ? dueOf(rule, events) : evaluate(rule, events, calendars[calendar], t, known);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
