// Reads questions, one JSON object a line, and prints an answer a line: {call, ...} with `call` evaluate, due or neglected.

import { createInterface } from "node:readline";
import { evaluate } from "../../../api/static/verify/evaluate.js";
import { dueOf, neglected } from "../../../api/static/verify/general.js";

const calendars = JSON.parse(process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  const { call, law, rule, events, calendar, t, known } = JSON.parse(line);
  const answer = {
    due: () => dueOf(rule, events),
    evaluate: () => evaluate(rule, events, calendars[calendar], t, known),
    neglected: () => neglected(law, rule, events, calendars[calendar], t, known),
  }[call]();
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
