// From 1200 pixels on, a row of the desk opens beside the list instead of in its place.
const wide = matchMedia("(min-width: 1200px)");
const split = document.querySelector("[data-split]");
const pane = document.querySelector("[data-pane]");
let asking, chosen;

function load(address) {
  asking?.abort();
  asking = new XMLHttpRequest(); // it parses pages itself: the policy of the site lets no script do that
  asking.responseType = "document";
  asking.open("GET", address);
  const request = asking;
  return new Promise((resolve, reject) => {
    request.onload = () => (request.status === 200 && request.response ? resolve(request.response) : reject());
    request.onerror = reject;
    request.send();
  });
}

function mark() {
  split.classList.toggle("opened", !pane.hidden);
  for (const row of split.querySelectorAll("[data-row]")) row.classList.toggle("chosen", row.querySelector("th a")?.getAttribute("href") === chosen);
}

async function open(link) {
  pane.setAttribute("aria-busy", "true");
  const main = (await load(link.href)).querySelector("main");
  if (!main.querySelector(".columns")) throw new Error("another page, such as that of sign-in");
  const whole = Object.assign(document.createElement("a"), { href: link.href, textContent: link.textContent });
  const heading = document.createElement("h2");
  heading.append(whole);
  main.querySelector(".crumbs")?.remove();
  main.querySelector(".head")?.remove();
  pane.replaceChildren(heading, ...main.children);
  pane.hidden = false;
  chosen = link.getAttribute("href");
  mark();
  pane.setAttribute("aria-busy", "false");
  pane.focus({ preventScroll: true });
}

split?.addEventListener("click", (event) => {
  const link = event.target.closest("[data-row] th a");
  if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(link).catch(() => location.assign(link.href));
});
document.addEventListener("refreshed", () => chosen && mark());
