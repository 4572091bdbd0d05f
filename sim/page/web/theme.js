import { h } from "./dom.js";

// Light or dark: the reader's system says, unless the reader does.

const dark_wanted = matchMedia("(prefers-color-scheme: dark)");
const theme_key = "wh-page-theme";

// A page opened from a file may have no storage.
function remembered() {
  try {
    return localStorage.getItem(theme_key) ?? "auto";
  } catch {
    return "auto";
  }
}
function remember(choice) {
  try {
    localStorage.setItem(theme_key, choice);
  } catch {
    // It holds for this page then.
  }
}

let theme_choice = remembered();

/// The style sheet knows "light" and "dark" only.
export function apply_theme() {
  const dark = theme_choice === "dark" || (theme_choice !== "light" && dark_wanted.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

export function theme_switch() {
  const choose = (event) => {
    theme_choice = event.target.value;
    remember(theme_choice);
    apply_theme();
  };
  const select = h("select", {id: "theme", on_change: choose},
    ["auto", "light", "dark"].map((word) =>
      h("option", {value: word, selected: word === theme_choice}, word)));
  dark_wanted.addEventListener("change", apply_theme);
  return h("label", {class: "theme", for: "theme"}, "Theme ", select);
}
