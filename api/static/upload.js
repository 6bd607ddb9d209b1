// Uploads: a file is hashed here, sent with its hash, and its progress shown. What fails goes along with the form instead.
const encode = (bytes) => btoa(String.fromCharCode(...bytes));
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// The SHA-256 of a file; null where the page came without TLS, which has no cryptography.
async function digest(file) {
  return crypto.subtle ? new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())) : null;
}

function send(request, body, bar) {
  request.upload.onprogress = ({ loaded, total }) => { bar.max = total; bar.value = loaded; };
  return new Promise((resolve, reject) => {
    request.onload = () => resolve(request);
    request.onerror = reject;
    request.send(body);
  });
}

function line(list, name, label) {
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  const row = document.createElement("li"), text = document.createElement("span");
  bar.setAttribute("aria-label", `${label}: ${name}`);
  text.textContent = name;
  row.append(text, " ", bar);
  list.append(row);
  return { row, bar, text };
}

function listed(after) {
  const list = Object.assign(document.createElement("ul"), { className: "uploads" });
  list.setAttribute("role", "status");
  after.after(list);
  return list;
}

async function take(input, file, list) {
  const { row, bar, text } = line(list, file.name, input.dataset.sending);
  const { form } = input;
  try {
    const hash = await digest(file), request = new XMLHttpRequest();
    request.open("POST", input.dataset.upload);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    if (hash) request.setRequestHeader("Content-Digest", `sha-256=:${encode(hash)}:`);
    const { status, response } = await send(request, file, bar);
    if (status !== 200 && status !== 201) throw new Error(response?.code);
    const { size, media_type } = response;
    const stored = Object.assign(document.createElement("input"), { type: "hidden", name: input.name });
    stored.value = JSON.stringify({ digest: response.digest, size, media_type, name: file.name });
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: input.dataset.remove });
    remove.setAttribute("aria-label", `${input.dataset.remove}: ${file.name}`);
    remove.onclick = () => { row.remove(); form.dispatchEvent(new Event("change")); };
    text.textContent = `${file.name} · ${input.dataset.done.replace("{}", (hash ? hex(hash) : response.digest).slice(0, 16))}…`;
    bar.remove();
    row.append(stored, remove);
    form.dispatchEvent(new Event("change"));
    return true;
  } catch {
    bar.remove();
    text.textContent = `${file.name} · ${input.dataset.failed}`;
    return false;
  }
}

for (const input of document.querySelectorAll("input[data-upload]")) {
  const list = listed(input);
  input.addEventListener("change", async (event) => {
    event.stopPropagation();
    const left = new DataTransfer();
    for (const file of [...input.files]) if (!(await take(input, file, list))) left.items.add(file);
    input.files = left.files;
  });
}

for (const form of document.querySelectorAll("form[data-sends]")) {
  const input = form.querySelector("input[type=file]"), list = listed(input);
  form.addEventListener("submit", async (event) => {
    const [file] = input.files;
    if (!file) return;
    event.preventDefault();
    const { bar, text } = line(list, file.name, form.dataset.sending);
    try {
      const body = new FormData(), request = new XMLHttpRequest(), hash = await digest(file);
      if (hash) body.append("sha256", hex(hash));
      for (const [name, value] of new FormData(form)) body.append(name, value);
      request.open("POST", form.action);
      request.responseType = "document";
      const { status, response, responseURL } = await send(request, body, bar);
      if (status === 200 && new URL(responseURL).pathname !== new URL(form.action).pathname) location.assign(responseURL);
      else document.querySelector("main").replaceWith(document.adoptNode(response.querySelector("main")));
    } catch {
      bar.remove();
      text.textContent = `${file.name} · ${form.dataset.failed}`;
    }
  });
}
