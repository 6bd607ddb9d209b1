// Forms with drafts: what is filled in is saved, and, where there is a panel, what the act would do is shown beside it.
const form = document.querySelector("form[data-draft]");
const panel = document.querySelector("[data-preview]");
const message = form.querySelector("[data-draft-status]");
const STILL = 800, AGAIN = 10000; // milliseconds: after the last key, and before another try
let timer, request, lasted = 0, edits = 0, saved = 0;

const time = () => new Date().toLocaleTimeString(document.documentElement.lang, { timeStyle: "short", hourCycle: "h23", timeZone: document.body.dataset.zone });

function content() {
  const data = new FormData();
  for (const [name, value] of new FormData(form)) if (!(value instanceof File)) data.append(name, value); // upload.js sends files
  data.set("_step", "review");
  return form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
}

function save() {
  request?.abort();
  const own = (request = new XMLHttpRequest()), begun = performance.now(), now = edits; // it parses pages itself, which no script may
  own.responseType = "document";
  own.open("POST", form.action);
  own.onload = () => {
    lasted = performance.now() - begun;
    const there = own.status !== 401 && own.responseURL && new URL(own.responseURL).pathname === new URL(form.action).pathname;
    const isSaved = there && own.status < 500;
    message.textContent = there ? form.dataset[isSaved ? "saved" : "unsaved"].replace("{}", time()) : form.dataset.ended;
    if (isSaved) {
      saved = now;
      if (panel) show(own.response, own.status);
    } else if (there) plan(AGAIN);
  };
  own.onerror = () => {
    message.textContent = form.dataset.unsaved;
    plan(AGAIN);
  };
  own.send(content());
}

function show(page, status) {
  const effect = panel.querySelector("[data-effect]"), waits = panel.querySelector("[data-waits]");
  const review = page.querySelector("section.review"), faults = page.querySelector(".summary-of-faults ul");
  const shown = review ? [...review.children] : status !== 422 && faults ? [faults] : [];
  effect.replaceChildren(...shown);
  waits.hidden = shown.length > 0;
  panel.hidden = false;
}

function plan(wait = STILL) {
  edits++;
  clearTimeout(timer);
  timer = setTimeout(save, Math.max(wait, 5 * lasted));
}

form.addEventListener("input", () => plan());
form.addEventListener("change", () => plan());
form.addEventListener("submit", () => { saved = edits; clearTimeout(timer); });
addEventListener("pagehide", () => saved < edits && navigator.sendBeacon(form.action, content()));
