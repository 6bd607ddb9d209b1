// The page /verify: takes files and texts, checks them in this browser, and says line by line what was checked.

import { bundleFiles, isArchive } from "./archive.js";
import { verifyBundle } from "./bundle.js";
import { UnreadableError } from "./note.js";
import { isProof, verifyProof } from "./receipt.js";
import { isStatement, verifyStatement } from "./statement.js";

const FAULTS_SHOWN_MAX = 20;

const form = document.getElementById("verify");
const result = document.getElementById("result");
const { sentences, known, language } = JSON.parse(document.getElementById("verify-data").textContent);

/** A sentence with the values of its `{names}`; a name without a value is left as it is. */
function sentence(key, values = {}) {
  return (sentences[key] ?? key).replaceAll(/\{(\w+)\}/g, (whole, name) => (name in values ? shown(name, values[name]) : whole));
}

function shown(name, value) {
  if (value === undefined || value === null) return "–";
  if (name === "time") return new Date(value * 1000).toLocaleString(language, { timeZoneName: "short" });
  return typeof value === "number" ? value.toLocaleString(language) : String(value);
}

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Check what a person chose or pasted. Throws UnreadableError. */
async function check() {
  const values = new FormData(form);
  const keys = values.get("keys").split("\n").filter((line) => line.trim());
  const options = { keys, known, earlier: values.get("kept"), hash: values.get("hash"), progress };
  const chosen = [...form.elements.file.files, ...form.elements.folder.files];
  const pasted = values.get("pasted");
  if (!chosen.length && !pasted.trim()) throw new UnreadableError("nothing");
  if (!chosen.length) return checkText(pasted, options);
  const first = new Uint8Array(await chosen[0].arrayBuffer());
  if (chosen.length > 1 || chosen[0].webkitRelativePath || isArchive(first)) return verifyBundle(await bundleFiles(chosen), options);
  return checkText(new TextDecoder().decode(first), options);
}

function checkText(text, options) {
  if (isProof(text)) return verifyProof(text, options);
  if (isStatement(text)) return verifyStatement(text, options);
  throw new UnreadableError("unknown");
}

async function progress(done, count) {
  result.firstElementChild.textContent = sentence("working", { done, count });
  await new Promise((resolve) => setTimeout(resolve)); // lets the browser draw
}

function show(report) {
  const heading = element("h2", sentence(report.verdict), { id: "verdict", "data-verdict": report.verdict });
  const parts = [heading];
  if (report.firstBad !== null) parts.push(element("p", sentence("first_bad", { position: report.firstBad }), { class: "alert" }));
  parts.push(table(report.checks));
  result.replaceChildren(...parts);
}

function table(checks) {
  const rows = element("tbody");
  for (const line of checks) {
    const row = element("tr", "", { "data-check": line.check, "data-outcome": line.outcome });
    row.append(element("th", sentence(`check_${line.check}`), { scope: "row" }));
    row.append(element("td", sentence(line.outcome), { class: `outcome ${line.outcome}` }));
    row.append(details(line));
    rows.append(row);
  }
  const head = element("thead");
  head.append(element("tr"));
  for (const name of ["what", "outcome", "detail"]) head.firstChild.append(element("th", sentence(name), { scope: "col" }));
  const made = element("table", "", { class: "stack" });
  made.append(element("caption", sentence("lines")), head, rows);
  return made;
}

function details(line) {
  const cell = element("td", line.outcome === "failed" ? "" : sentence(`detail_${line.check}_${line.outcome}`, line));
  if (line.faults.length) {
    const list = element("ul");
    for (const fault of line.faults.slice(0, FAULTS_SHOWN_MAX)) list.append(element("li", faultSentence(fault)));
    if (line.faults.length > FAULTS_SHOWN_MAX) {
      list.append(element("li", sentence("more", { count: line.faults.length - FAULTS_SHOWN_MAX })));
    }
    cell.append(list);
  }
  return cell;
}

function faultSentence(fault) {
  const place = Number.isInteger(fault.position) ? sentence("at", fault) : "";
  return `${place}${sentence(`fault_${fault.code}`, fault)}`;
}

function refuse(error) {
  const isForeseen = error instanceof UnreadableError;
  const text = isForeseen
    ? sentence(`unreadable_${error.code}`, { detail: error.detail })
    : sentence("broken", { detail: error.message });
  const heading = element("h2", sentence("not_verified"), { id: "verdict", "data-verdict": "unreadable" });
  const checks = error.report?.checks ?? [];
  result.replaceChildren(heading, element("p", text, { class: "alert" }), ...(checks.length ? [table(checks)] : []));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  result.replaceChildren(element("p", sentence("working", { done: 0, count: "…" })));
  try {
    show(await check());
  } catch (error) {
    refuse(error);
  }
  result.focus();
});

if (globalThis.crypto?.subtle === undefined) refuse(new UnreadableError("insecure"));
if (isProof(location.hash)) form.elements.pasted.value = location.hash.slice(1);
form.hidden = false;
