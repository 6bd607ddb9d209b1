// Forms of commands: what is filled in is saved as a draft, and what the act would do is shown beside it meanwhile.
const form = document.querySelector("form[data-draft]");
const panel = document.querySelector("[data-preview]");
const said = form.querySelector("[data-said]");
const STILL = 800, AGAIN = 10000; // milliseconds: after the last key, and before another try
let timer, request, lasted = 0, unsaved = false;

const time = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function content() {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name); // upload.js sends files
  data.set("_step", "review");
  return data;
}

function save() {
  request?.abort();
  request = new XMLHttpRequest(); // it parses pages itself: the policy of the site lets no script do that
  const begun = performance.now();
  const own = request;
  own.responseType = "document";
  own.open("POST", form.action);
  own.onload = () => {
    lasted = performance.now() - begun;
    const there = own.responseURL && new URL(own.responseURL).pathname === new URL(form.action).pathname;
    unsaved = !there || own.status >= 500;
    said.textContent = there ? form.dataset[unsaved ? "unsaved" : "saved"].replace("{}", time()) : form.dataset.ended;
    if (there && own.response) show(own.response, own.status);
    if (there && unsaved) plan(AGAIN);
  };
  own.onerror = () => {
    said.textContent = form.dataset.unsaved;
    plan(AGAIN);
  };
  own.send(content());
}

function show(page, status) {
  const effect = panel.querySelector("[data-effect]"), waits = panel.querySelector("[data-waits]");
  const review = page.querySelector("section.review"), faults = page.querySelector(".summary-of-faults ul");
  const shown = review ? [...review.children] : status !== 422 && faults ? [faults] : [];
  for (const link of faults?.querySelectorAll("a") ?? []) link.replaceWith(...link.childNodes);
  effect.replaceChildren(...shown);
  for (const named of effect.querySelectorAll("[id]")) named.id = `preview-${named.id}`;
  for (const named of effect.querySelectorAll("[aria-labelledby]")) named.setAttribute("aria-labelledby", `preview-${named.getAttribute("aria-labelledby")}`);
  waits.hidden = shown.length > 0;
  panel.hidden = false;
}

function plan(wait = STILL) {
  unsaved = true;
  clearTimeout(timer);
  timer = setTimeout(save, Math.max(wait, 5 * lasted));
}

form.addEventListener("input", () => plan());
form.addEventListener("change", () => plan());
form.addEventListener("submit", () => { unsaved = false; clearTimeout(timer); });
addEventListener("pagehide", () => unsaved && navigator.sendBeacon(form.action, content()));
