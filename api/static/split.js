// From 1200 pixels on, a row of the desk opens beside the list instead of in its place.
const wide = matchMedia("(min-width: 1200px)");
const split = document.querySelector("[data-split]");
const pane = document.querySelector("[data-pane]");
let wanted = "";

async function open(link) {
  wanted = link.href;
  pane.setAttribute("aria-busy", "true");
  const answer = await fetch(link.href, { headers: { accept: "text/html" } });
  if (wanted !== link.href) return; // another row was opened meanwhile
  if (!answer.ok || answer.redirected) return location.assign(link.href);
  const main = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  const whole = Object.assign(document.createElement("a"), { href: link.href, textContent: link.textContent });
  const heading = document.createElement("h2");
  heading.append(whole);
  main.querySelector(".crumbs")?.remove();
  main.querySelector(".head")?.remove();
  pane.replaceChildren(heading, ...main.children);
  pane.hidden = false;
  split.classList.add("opened");
  for (const row of split.querySelectorAll("[data-row].chosen")) row.classList.remove("chosen");
  link.closest("[data-row]").classList.add("chosen");
  pane.setAttribute("aria-busy", "false");
  pane.focus({ preventScroll: true });
}

split?.addEventListener("click", (event) => {
  const link = event.target.closest("[data-row] th a");
  if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(link).catch(() => location.assign(link.href));
});
