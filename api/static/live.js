// Live pages: a stream says that something changed; the page asks for its own address again and takes over what differs.
const { body } = document;
const main = document.querySelector("main");
const notice = document.querySelector("[data-notice]");
const [message, show] = notice.children;
const fresh = document.querySelector("[data-fresh]");
// In milliseconds: hands are still, between two readings, two announcements, two tries at most.
const STILL = 1000, PAUSE = 1500, SPOKEN = 10000, MOST = 30000;
let after = 0, stream, tries = 0, retry, timer, changes = 0, touched = 0, spoken = 0, lasted = 0, asking = false;
let at = new Date();

const clock = () => at.toLocaleTimeString(document.documentElement.lang, { timeStyle: "short", hourCycle: "h23", timeZone: body.dataset.zone });
const tell = (name, value) => { if (fresh) fresh.textContent = fresh.dataset[name].replace("{}", value ?? clock()); };

function connect() {
  if (stream || document.hidden) return;
  const address = new URL(body.dataset.live, location.href);
  after = Math.max(after, Number(address.searchParams.get("after")));
  address.searchParams.set("after", after);
  stream = new EventSource(address);
  stream.onopen = () => { tries = 0; tell("fresh"); };
  stream.onerror = () => {
    close();
    if (tries > 1) tell("away");
    retry = setTimeout(connect, Math.min(MOST, 1000 * 2 ** tries++) * (0.5 + Math.random() / 2));
  };
  stream.addEventListener("facts", ({ data, lastEventId }) => {
    after = Number(lastEventId);
    changes += JSON.parse(data).changes;
    plan();
  });
  stream.addEventListener("day", plan);
  stream.addEventListener("lag", ({ data }) => (Number(data) ? tell("lag", data) : tell("fresh")));
}

function close() {
  clearTimeout(retry);
  stream?.close();
  stream = undefined;
}

// A reader who fills something in, ticks rows, selects text or has a dialog open is not disturbed.
function busy() {
  const { type, anchorNode } = getSelection();
  const filled = ({ checked, defaultChecked, value, defaultValue }) => checked !== defaultChecked || value !== defaultValue;
  return [...main.querySelectorAll("input, textarea")].some(filled)
    || document.querySelector("dialog[open], main :is(input:not([type=checkbox]), select, textarea):focus")
    || (type === "Range" && main.contains(anchorNode));
}

function plan() {
  const quiet = "quiet" in body.dataset;
  if (quiet || busy()) return changes && announce(quiet ? "filling" : "changed");
  clearTimeout(timer);
  const rest = Number(at) + Math.max(PAUSE, 10 * lasted) * (1 + Math.random() / 2); // readers of a slow page ask less often
  const wait = Math.max(100, touched + STILL - Date.now(), rest - Date.now());
  timer = setTimeout(() => (busy() || Date.now() - touched < STILL ? plan() : refresh()), wait);
}

function announce(name) {
  message.textContent = notice.dataset[name].replace("{}", changes);
  notice.classList.add("shown");
  show.hidden = name !== "changed";
}

function refresh() {
  if (asking) return;
  asking = true;
  const seen = changes, begun = performance.now(), request = new XMLHttpRequest(); // it parses pages itself
  request.responseType = "document";
  request.open("GET", location.href);
  request.setRequestHeader("Accept", "text/html");
  request.onloadend = () => {
    asking = false;
    lasted = performance.now() - begun;
    const page = request.response, path = request.responseURL && new URL(request.responseURL).pathname;
    if (request.status === 200 && page && path === location.pathname) take(page, seen);
    else if (request.status && path !== location.pathname) announce("ended");
    else { tell("away"); timer = setTimeout(plan, MOST); }
  };
  request.send();
}

function take(page, seen) {
  const focus = document.activeElement, anchor = main.contains(focus) && focus !== main ? focus : document.elementFromPoint(innerWidth / 2, innerHeight / 3);
  const top = anchor?.getBoundingClientRect().top;
  document.documentElement.style.overflowAnchor = "none"; // or the browser would move it a second time
  morph(main, page.querySelector("main"));
  morph(document.querySelector(".top"), page.querySelector(".top"));
  if (anchor?.isConnected) scrollBy(0, anchor.getBoundingClientRect().top - top);
  if (document.activeElement !== focus || focus === show) (focus === show ? main : focus).focus({ preventScroll: true });
  requestAnimationFrame(() => document.documentElement.style.removeProperty("overflow-anchor"));
  document.title = page.title;
  body.dataset.live = page.body.dataset.live ?? body.dataset.live;
  at = new Date();
  changes -= seen;
  notice.classList.remove("shown");
  show.hidden = true;
  message.textContent = seen && at - spoken > SPOKEN ? notice.dataset.updated.replace("{}", (spoken = at, seen)) : "";
  tell("fresh");
  document.dispatchEvent(new Event("refreshed"));
  if (changes) plan();
}

// What the reader opened, what a script made ("data-own"), and what was typed stay; rows are matched by what they link to.
const key = (node) => node.id || node.querySelector?.(":scope > h2[id]")?.id || (node.matches?.("tr, li") && node.querySelector("a[href]")?.getAttribute("href")) || "";

function like(child, next, tries = 4) {
  return !next || !tries ? undefined : next.nodeName === child.nodeName && !key(next) ? next : like(child, next.nextSibling, tries - 1);
}

function morph(old, page) {
  if (old.nodeType !== 1) old.nodeValue = page.nodeValue;
  if (old.nodeType !== 1 || old.isEqualNode(page) || old.hasAttribute("data-own")) return;
  for (const { name } of [...old.attributes]) if (!page.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of page.attributes) if (old.getAttribute(name) !== value && name !== "open") old.setAttribute(name, value);
  const keyed = new Map([...old.children].map((child) => [key(child), child]));
  const row = old.matches("tbody, ol, ul");
  let next = old.firstChild;
  for (const child of [...page.childNodes]) {
    const name = key(child);
    const same = name ? keyed.get(name) : like(child, next);
    if (same?.nodeName === child.nodeName) {
      if (same === next) next = next.nextSibling;
      else old.insertBefore(same, next);
      if (row && !same.isEqualNode(child)) tint(same);
      morph(same, child);
    } else {
      const made = old.insertBefore(document.importNode(child, true), next);
      if (row && made.nodeType === 1) tint(made);
    }
    keyed.delete(name);
  }
  while (next) [next] = [next.nextSibling, next.remove()];
}

function tint(node) {
  requestAnimationFrame(() => node.classList.add("new"));
  setTimeout(() => node.classList.remove("new"), 2500);
}

for (const kind of ["pointerdown", "pointermove", "wheel", "keydown"]) addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return close();
  if (new Date().toDateString() !== at.toDateString()) plan();
  connect();
});
addEventListener("pagehide", close);
addEventListener("pageshow", connect);
show.addEventListener("click", refresh);

// What the server still counts is asked for again, until it is whole.
let counting;
function count() {
  clearTimeout(counting);
  if (main.querySelector("[data-counting]")) counting = setTimeout(() => (busy() || document.hidden ? count() : plan()), PAUSE);
}
document.addEventListener("refreshed", count);
count();
