import { add, h, new_id } from "./dom.js";
import { copy_button } from "./copy.js";
import { path_kinds, path_legend, share_bar } from "./marks.js";
import { count_text, plural, share_text } from "./format.js";

// The traversal matrix: for each NAT of one side and of the other what became of the pairs, and what
// the oracle says is possible. A table, so that it can be heard and copied; colours and bars repeat it.
//
// A view: {kinds: [{name, about}], cells: [{from, to, direct, relayed, unreachable, o1, o3, missed}]} with
// indices of kinds. `missed` counts the pairs that are not direct though O1 says that they can be.

const counted = ["direct", "relayed", "unreachable", "o1", "o3", "missed"];

function empty_cell() {
  return Object.fromEntries(counted.map((key) => [key, 0]));
}

function collect(view, both_ways) {
  const cells = new Map();
  for (const c of view.cells) {
    const [from, to] = both_ways && c.from > c.to ? [c.to, c.from] : [c.from, c.to];
    const key = from * view.kinds.length + to;
    if (!cells.has(key)) cells.set(key, empty_cell());
    const sum = cells.get(key);
    for (const word of counted) sum[word] += c[word];
  }
  return cells;
}

function all_of(cell) {
  return cell.direct + cell.relayed + cell.unreachable;
}

function cell_words(cell) {
  const all = all_of(cell);
  const shares = path_kinds.filter((kind) => cell[kind] > 0)
    .map((kind) => `${count_text(cell[kind])} ${kind}`).join(", ");
  const missed = cell.missed > 0 ? `; ${count_text(cell.missed)} not direct though possible (O1)` : "";
  return `${plural(all, "pair")}: ${shares}; possible without guessing (O1): ${count_text(cell.o1)}, ` +
    `foreseeing every port (O3): ${count_text(cell.o3)}${missed}`;
}

function cell_of(cell) {
  if (!cell) return h("td", {class: "void"}, h("span", {"aria-label": "no pair"}, "·"));
  const all = all_of(cell);
  return h("td", {class: "cell", "--share": cell.direct / all, title: cell_words(cell)},
    h("span", {class: "share"}, share_text(cell.direct / all)),
    h("span", {class: "of"}, `${count_text(cell.direct)} of ${count_text(all)}`),
    share_bar(cell, {o1: cell.o1, o3: cell.o3}),
    cell.missed > 0 ? h("span", {class: "missed"}, `${count_text(cell.missed)} missed`) : null);
}

function matrix_tsv(view, cells) {
  const lines = [["NAT of from", "NAT of to", "pairs", ...counted].join("\t")];
  for (const [key, c] of cells) {
    const from = Math.floor(key / view.kinds.length), to = key % view.kinds.length;
    lines.push([view.kinds[from].name, view.kinds[to].name, all_of(c),
      ...counted.map((word) => c[word])].join("\t"));
  }
  return lines.join("\n") + "\n";
}

function grid_of(view, both_ways, caption) {
  const cells = collect(view, both_ways);
  const used = new Set();
  for (const key of cells.keys()) {
    used.add(Math.floor(key / view.kinds.length));
    used.add(key % view.kinds.length);
  }
  const kinds = [...used].sort((a, b) => a - b);
  const id = new_id("matrix");
  const head = (index, scope) => h("th", {scope, title: view.kinds[index].about ?? null},
    // A long name may break behind a word.
    view.kinds[index].name.split("_").map((part, i) => (i > 0 ? ["_", h("wbr"), part] : part)));
  const rows = kinds.map((from) => h("tr", {}, head(from, "row"), kinds.map((to) =>
    both_ways && from > to ? h("td", {class: "void other"}) : cell_of(cells.get(from * view.kinds.length + to)))));
  return {cells, element: h("div", {class: "scroller", role: "region", tabindex: "0", "aria-labelledby": id},
    h("table", {class: kinds.length > 10 ? "matrix many" : "matrix"}, h("caption", {}, h("span", {id}, caption)),
      h("thead", {}, h("tr", {}, h("td", {class: "corner"}, "from ↓ to →"),
        kinds.map((to) => head(to, "col")))),
      h("tbody", {}, rows)))};
}

/// What a view comes to, in a sentence.
export function matrix_sentence(view) {
  const sum = empty_cell();
  for (const c of view.cells) for (const word of counted) sum[word] += c[word];
  const all = all_of(sum);
  const missed = sum.missed === 0 ? "none of the pairs that could be direct (O1) was missed"
    : `${count_text(sum.missed)} of the ${count_text(sum.o1)} pairs that could be direct (O1) ` +
      `${sum.missed === 1 ? "is" : "are"} not`;
  return `${plural(all, "pair")}: ${share_text(sum.direct / all)} direct, ${share_text(sum.relayed / all)} ` +
    `relayed, ${share_text(sum.unreachable / all)} unreachable; ${missed}.`;
}

/// `views` are ways to sort NATs into kinds: [{key, title, view}].
export function matrix_of(views, {noun_title = "Traversal matrix"} = {}) {
  const there = views.filter(({view}) => view.cells.length > 0);
  if (there.length === 0) return null;
  // The finest that can be taken in at once.
  let chosen = there.findLast(({view}) => view.kinds.length <= 6) ?? there[0];
  let both_ways = false, cells = null;
  const place = h("div");
  const draw = () => {
    const made = grid_of(chosen.view, both_ways,
      `${noun_title} by ${chosen.title}: the share of pairs that are direct at their last moment`);
    cells = made.cells;
    place.replaceChildren(made.element);
  };
  const name = new_id("kinds");
  const tools = h("div", {class: "tools"},
    there.length < 2 ? null : h("fieldset", {class: "choice"}, h("legend", {}, "Kinds by"),
      there.map((v) => h("label", {}, h("input", {type: "radio", name, checked: v === chosen,
        on_change: () => { chosen = v; draw(); }}), v.title))),
    h("label", {class: "check"}, h("input", {type: "checkbox",
      on_change: (event) => { both_ways = event.target.checked; draw(); }}), "both directions as one"),
    copy_button("Copy", () => matrix_tsv(chosen.view, cells)));
  draw();
  return h("div", {class: "card"}, h("p", {class: "summary"}, matrix_sentence(chosen.view)), tools, place,
    add(path_legend(), h("li", {}, h("span", {class: "swatch tick_o1"}), "possible without guessing (O1)"),
      h("li", {}, h("span", {class: "swatch tick_o3"}), "foreseeing every port (O3)"),
      h("li", {}, h("span", {class: "missed"}, "missed"), " not direct, though O1 says it can be")));
}
