import { h } from "./dom.js";
import { count_text, seconds_text, share_text } from "./format.js";
import { is_number } from "./spread.js";

// The matrix of a few dozen kinds as a map: a cell a pair of kinds, coloured by a figure that the reader
// chooses, walked over by arrow keys. What a cell holds in full stands beside it, not in it.
//
// A cell, as cells_of makes it: {from, to (numbers of kinds), pairs, direct, relayed, unreachable, rate, range,
// connected, oracle: {o1, o3, ...} (pairs), missed, and of the JSON's cell time_to_first_payload_s,
// time_to_direct_s, messages, reasons, obstacles}.

/// Cells of a matrix.json with their counts over all seeds.
export function cells_of({kinds, cells}) {
  const number = new Map(kinds.map((k, i) => [k.name, i]));
  const sum = (column) => column.reduce((all, v) => all + v, 0);
  return cells.map((c) => {
    const direct = sum(c.direct.part), connected = sum(c.connected.part);
    const oracle = Object.fromEntries(Object.entries(c).filter(([key]) => /^o\d+$/.test(key))
      .map(([key, share]) => [key, Math.round(share * c.pairs)]));
    return {...c, from: number.get(c.row), to: number.get(c.column), direct, relayed: connected - direct,
      unreachable: c.pairs - connected, rate: c.direct.ratio, range: c.direct.range,
      connected: c.connected.ratio, oracle, missed: Math.max(0, (oracle.o1 ?? 0) - direct)};
  });
}

/// Shares run from none to all; of other figures the larger is the darker, on a scale of orders.
function by_order(values) {
  const there = values.filter((v) => is_number(v) && v > 0);
  const low = Math.log(Math.min(...there)), high = Math.log(Math.max(...there));
  return (v) => (!is_number(v) ? 0 : v <= 0 || low === high ? 0.15 : 0.12 + 0.88 * ((Math.log(v) - low) / (high - low)));
}

function short_seconds(v) {
  if (!is_number(v)) return v === "never" ? "∞" : "";
  return v < 0.9995 ? `${Math.round(v * 1000)}m` : v < 99.5 ? String(+v.toPrecision(2)) : String(Math.round(v));
}

const percent = (v) => (v === null ? "" : v > 0.995 && v < 1 ? "99" : v > 0 && v < 0.005 ? "1" : String(Math.round(v * 100)));

/// What the map can show: the figure of a cell, its text in the cell and for people, and what the text is in.
export const map_figures = [
  {key: "rate", title: "direct", unit: "% of pairs", value: (c) => c.rate, short: percent, long: share_text},
  {key: "connected", title: "connected", unit: "% of pairs", value: (c) => c.connected,
   short: percent, long: share_text},
  {key: "first", title: "first payload", unit: "median, s (m: ms)", value: (c) => c.time_to_first_payload_s?.median ?? null,
   short: short_seconds, long: (v) => seconds_text(is_number(v) ? v : null), ordered: true},
  {key: "time", title: "time to direct", unit: "median, s (m: ms)", value: (c) => c.time_to_direct_s?.median ?? null,
   short: short_seconds, long: (v) => seconds_text(is_number(v) ? v : null), ordered: true},
  {key: "messages", title: "messages", unit: "median of a pair", value: (c) => c.messages?.median ?? null,
   short: (v) => (is_number(v) ? (v < 1000 ? String(Math.round(v)) : `${+(v / 1000).toPrecision(2)}k`) : ""), long: count_text,
   ordered: true}];

/// What a kind is.
export function kind_words(kind) {
  return `${kind.nat} (${kind.nat_class})`;
}

/// The map as a class, since a choice of another figure only paints it anew.
export class kinds_map {
  constructor(kinds, cells, on_choice) {
    this.kinds = kinds;
    this.on_choice = on_choice;
    this.by_place = new Map();
    for (const c of cells) {
      this.by_place.set(c.from * kinds.length + c.to, c);
      // A pair has two ends, and the map both halves.
      if (!this.by_place.has(c.to * kinds.length + c.from)) this.by_place.set(c.to * kinds.length + c.from, c);
    }
    this.cells = cells;
    this.at = null;
    this.tds = new Map();
    this.element = this.build();
  }

  build() {
    const n = this.kinds.length;
    const head = (k, scope) => h("th", {scope, title: kind_words(this.kinds[k])}, h("span", {}, this.kinds[k].name));
    const rows = this.kinds.map((kind, row) => h("tr", {}, head(row, "row"), this.kinds.map((ignored, column) => {
      const c = this.by_place.get(row * n + column);
      const td = h("td", c ? {class: "spot", tabindex: "-1", "data-place": row * n + column} : {class: "void"});
      if (c) this.tds.set(row * n + column, td);
      return td;
    })));
    const table = h("table", {class: "map", on_keydown: (e) => this.key(e),
      on_click: (e) => this.choose(e.target.closest("td.spot"), false)},
      h("caption", {}, this.caption = h("span")),
      h("thead", {}, h("tr", {}, h("td", {class: "corner"}), this.kinds.map((k, i) => head(i, "col")))),
      h("tbody", {}, rows));
    table.addEventListener("focusin", (e) => this.choose(e.target.closest("td.spot"), false));
    this.tds.values().next().value?.setAttribute("tabindex", "0");
    return h("div", {class: "scroller map_scroller", role: "region", "aria-label": "Map of the matrix", tabindex: "0"}, table);
  }

  paint(figure) {
    this.caption.textContent = `${figure.title}: ${figure.unit}`;
    const strength = figure.ordered ? by_order(this.cells.map(figure.value)) : (v) => v ?? 0;
    for (const [place, td] of this.tds) {
      const c = this.by_place.get(place);
      const value = figure.value(c);
      td.style.setProperty("--share", strength(value));
      td.classList.toggle("missed_spot", c.missed > 0);
      td.classList.toggle("cut_spot", c.pairs > 0 && c.unreachable === c.pairs);
      const row = Math.floor(place / this.kinds.length), column = place % this.kinds.length;
      td.setAttribute("aria-label", `${this.kinds[row].name} to ${this.kinds[column].name}: ${figure.title} ` +
        `${value === null ? "none" : figure.long(value)}${c.missed > 0 ? `, ${count_text(c.missed)} missed` : ""}`);
      td.textContent = figure.short(value);
    }
  }

  key(event) {
    const n = this.kinds.length;
    const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -n], End: [0, n]}[event.key];
    const from = event.target.closest("td.spot");
    if (!step || !from) return;
    event.preventDefault();
    const at = Number(from.dataset.place);
    const inside = (v) => Math.max(0, Math.min(n - 1, v));
    let [row, column] = [Math.floor(at / n), at % n], next = null;
    // Over places where no pair was, to the next with one.
    for (let i = 0; i < n && !next; ++i) {
      [row, column] = [inside(row + step[0]), inside(column + step[1])];
      next = this.tds.get(row * n + column) ?? null;
    }
    this.choose(next, true);
  }

  choose(td, focus) {
    if (!td) return;
    const place = Number(td.dataset.place);
    if (focus) td.focus();
    if (place === this.at) return;
    for (const old of this.element.querySelectorAll("td.chosen")) old.classList.remove("chosen");
    for (const old of this.element.querySelectorAll("td[tabindex='0']")) old.setAttribute("tabindex", "-1");
    td.setAttribute("tabindex", "0");
    td.classList.add("chosen");
    this.at = place;
    this.on_choice(this.by_place.get(place));
  }

  /// Begins at the cell that a reader looks for.
  begin(cell) {
    this.choose(this.tds.get(cell.from * this.kinds.length + cell.to), false);
  }
}
