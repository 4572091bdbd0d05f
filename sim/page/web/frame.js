import { add, h } from "./dom.js";
import { patterns } from "./marks.js";
import { theme_switch } from "./theme.js";

// What all pages have in common: the head line, the way through the sections, the foot.

/// A word that says how it ended: "held", "broken", "partial".
export function verdict_mark(kind, text) {
  const sign = {held: "✓", broken: "✗", partial: "◐"}[kind];
  return h("span", {class: `verdict ${kind}`}, h("span", {"aria-hidden": "true"}, sign), ` ${text}`);
}

/// Sentences that a reader must not miss.
export function notes_list(notes) {
  return notes.length === 0 ? null
    : h("ul", {class: "notes"}, notes.map((text) => h("li", {}, text)));
}

export function page_foot(page) {
  return h("p", {}, page.up ? [h("a", {href: page.up}, "All seeds of this scenario"), " · "] : null,
    "This page holds all it shows and loads nothing. Plots by d3; its licence stands in this file.");
}

/// A part of the page with its heading; null when nothing is in it.
export function section(id, title, lead, ...content) {
  const parts = content.flat().filter(Boolean);
  if (parts.length === 0) return null;
  const element = h("section", {id, "aria-labelledby": `${id}-title`},
    h("h2", {id: `${id}-title`}, title), lead ? h("p", {class: "lead"}, lead) : null, parts);
  return {id, title, element};
}

/// Marks the section that is being read in the list of sections.
function follow(links) {
  const seen = new Map();
  const watcher = new IntersectionObserver((entries) => {
    for (const e of entries) seen.set(e.target.id, e.isIntersecting);
    const current = [...links.keys()].find((id) => seen.get(id));
    for (const [id, link] of links) {
      if (id === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, {rootMargin: "-15% 0px -70% 0px"});
  for (const id of links.keys()) watcher.observe(document.getElementById(id));
}

/// Fills the document. `head` has kind, title, name (beside the title), question and verdict.
export function show_page(head, sections, foot) {
  const there = sections.filter(Boolean);
  const links = new Map(there.map(({id, title}) => [id, h("a", {href: `#${id}`}, title)]));
  const ways = h("ul", {}, [...links.values()].map((link) => h("li", {}, link)));
  const wide = matchMedia("(min-width: 64rem)");
  const fold = h("details", {class: "ways", open: wide.matches}, h("summary", {}, "Sections"), ways);
  wide.addEventListener("change", () => { fold.open = wide.matches; });
  ways.addEventListener("click", () => { if (!wide.matches) fold.open = false; });
  document.title = `${head.title}${head.name ? `, ${head.name}` : ""}: ${head.verdict_text}`;
  add(document.body,
    h("a", {class: "skip", href: "#content"}, "Skip to the content"), patterns(),
    h("header", {class: "top"}, h("div", {class: "top_line"},
      h("span", {class: "brand"}, "WireHub ", h("span", {class: "kind"}, head.kind)),
      theme_switch())),
    h("div", {class: "layout"},
      h("nav", {"aria-label": "Sections"}, fold),
      h("main", {id: "content", tabindex: "-1"},
        h("div", {class: "title"},
          h("h1", {}, head.title, head.name ? [" ", h("span", {class: "name"}, head.name)] : null),
          head.question ? h("p", {class: "question"}, head.question) : null,
          head.verdict),
        there.map((x) => x.element))),
    h("footer", {}, foot));
  follow(links);
  // The document was empty when the browser looked for the place that the address names.
  if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}
