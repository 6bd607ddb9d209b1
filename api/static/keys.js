// Keys of the desk: j and k move from row to row, x ticks, Enter opens, a accepts those ticked, ? shows the keys.
const rows = () => [...document.querySelectorAll("[data-row]")];
const box = (row) => row?.querySelector("input[type=checkbox]");
const link = (row) => row?.querySelector("th a");
const here = () => document.activeElement?.closest("[data-row]");
const form = () => document.getElementById("acceptances");
const help = document.querySelector("[data-help]");

function move(step) {
  const all = rows();
  const at = all.indexOf(here());
  const row = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
  link(row)?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

function count() {
  const ticked = document.querySelectorAll("input[name=case]:checked").length;
  const button = form()?.querySelector("[data-accept]");
  if (button) button.textContent = (ticked ? button.dataset.counted : button.dataset.plain).replace("{}", ticked);
  form()?.querySelector("[data-keys]")?.removeAttribute("hidden");
  return ticked;
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  x: () => box(here())?.click(),
  a: () => { if (count()) form()?.requestSubmit(); },
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea, dialog[open]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
document.addEventListener("change", count);
document.addEventListener("refreshed", count);
window.addEventListener("pageshow", count);
