// Uploads: a chosen file is hashed here and sent with its hash, its progress shown. What fails goes along with the form.
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const made = (name, properties) => Object.assign(document.createElement(name), properties);

async function send(input, file, bar) {
  const request = new XMLHttpRequest(); // fetch reports no progress of what it sends
  request.open("POST", input.dataset.upload);
  request.responseType = "json";
  request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
  if (crypto.subtle) { // there is none on a page that came without TLS
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    request.setRequestHeader("Content-Digest", `sha-256=:${base64(new Uint8Array(digest))}:`);
  }
  request.upload.onprogress = ({ loaded, total }) => Object.assign(bar, { max: total, value: loaded });
  return new Promise((resolve, reject) => {
    request.onload = () => (request.status < 300 ? resolve(request.response) : reject());
    request.onerror = reject;
    request.send(file);
  });
}

async function take(input, file, list) {
  const { form, dataset } = input, { name } = file, message = made("span", { textContent: `${name} ` });
  const bar = made("progress", { max: 1, value: 0, ariaLabel: `${dataset.sending}: ${name}` }), row = made("li");
  row.append(message, bar);
  list.append(row);
  try {
    const { digest, size, media_type } = await send(input, file, bar);
    const value = JSON.stringify({ digest, size, media_type, name });
    const remove = made("button", { type: "button", className: "second", textContent: dataset.remove, ariaLabel: `${dataset.remove}: ${name}` });
    remove.onclick = () => { row.remove(); form.dispatchEvent(new Event("change")); };
    message.textContent = `${name} · ${dataset.done.replace("{}", `${digest.slice(0, 16)}…`)} `;
    row.append(made("input", { type: "hidden", name: dataset.as ?? input.name, value }), remove);
    form.dispatchEvent(new Event("change"));
    return true;
  } catch {
    message.textContent = `${name} · ${dataset.failed}`;
    return false;
  } finally {
    bar.remove();
  }
}

for (const input of document.querySelectorAll("input[data-upload]")) {
  const list = made("ul", { className: "uploads", ariaLive: "polite" });
  input.after(list);
  input.addEventListener("change", async (event) => {
    event.stopPropagation();
    if (!input.multiple) list.replaceChildren();
    const left = new DataTransfer();
    for (const file of [...input.files]) if (!(await take(input, file, list))) left.items.add(file);
    input.files = left.files;
    input.required &&= left.files.length > 0;
  });
}
