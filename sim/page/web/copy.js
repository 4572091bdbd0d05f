import { h } from "./dom.js";

// Into the clipboard; where the browser allows it to nobody, into a field to copy from.

function offer(text) {
  const field = h("textarea", {readonly: true, rows: 12, "aria-label": "Text to copy"});
  field.value = text;
  const dialog = h("dialog", {class: "offer", "aria-label": "Copy by hand"},
    h("p", {}, "This browser lets no page write into the clipboard. The text is selected: copy it."),
    field,
    h("form", {method: "dialog"}, h("button", {class: "plain"}, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  field.select();
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    offer(text);
    return false;
  }
}

/// A button that copies what `text()` gives, and says so.
export function copy_button(label, text, attributes = {}) {
  const status = h("span", {role: "status", class: "status"});
  const press = async () => {
    status.textContent = "";
    if (!(await copy(text()))) return;
    status.textContent = "copied";
    setTimeout(() => { status.textContent = ""; }, 4000);
  };
  return h("span", {class: "copy"},
    h("button", {type: "button", class: "plain", on_click: press, ...attributes}, label), status);
}
