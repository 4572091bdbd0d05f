import { add, h, new_id, on_width, unseen } from "./dom.js";
import { copy_button } from "./copy.js";
import { count_text, plural } from "./format.js";

// A table that is sorted, filtered, turned over and copied. It holds the elements of one page only, so
// that its size is no matter of the number of rows.
//
// A column: {key, title, unit, value(row), show(row), number, wide}. `value` is what is sorted and
// copied, null where there is none; `show` is what stands in the cell, else the value's text.

const page_sizes = [10, 25, 100, 500];

/// Words for what is infinite rank as it does.
export function ranked(value) {
  return value === "never" ? Infinity : value === "-never" ? -Infinity : value;
}

function compare(x, y) {
  const [a, b] = [ranked(x), ranked(y)];
  if (a === b) return 0;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", {numeric: true});
}

/// What has no value comes last in either direction.
function sorted(rows, column, descending) {
  const keyed = rows.map((row) => [column.value(row) ?? null, row]);
  keyed.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return descending ? compare(b, a) : compare(a, b);
  });
  return keyed.map(([, row]) => row);
}

function cell_text(value) {
  return value === null || value === undefined ? "" : String(value).replace(/[\t\r\n]+/g, " ");
}

function tsv(columns, rows) {
  const head = columns.map((c) => (c.unit ? `${c.title} (${c.unit})` : c.title));
  const lines = rows.map((row) => columns.map((c) => cell_text(c.value(row))).join("\t"));
  return [head.join("\t"), ...lines].join("\n") + "\n";
}

class table_view {
  constructor(options) {
    this.options = {page_size: 25, facets: [], noun: "row", ...options};
    this.columns = this.options.columns;
    this.rows = this.options.rows;
    this.order = this.options.sort ?? null;
    this.words = [];
    this.facets = new Map();
    this.page = 0;
    this.page_size = this.options.page_size;
    this.texts = new Map();
    this.element = this.build();
    this.select();
  }

  build() {
    const {caption} = this.options;
    const id = new_id("table");
    this.body = h("tbody");
    this.heads = this.columns.map((c) => this.head_of(c));
    this.status = h("span", {class: "rows", role: "status"});
    this.pager = h("span", {class: "pager"});
    const table = h("table", {"aria-labelledby": id}, h("caption", {}, h("span", {id}, caption)),
      h("thead", {}, h("tr", {}, this.heads)), this.body);
    const scroller = h("div", {class: "scroller", role: "region", "aria-labelledby": id}, table);
    on_width(scroller, () => {
      if (scroller.scrollWidth > scroller.clientWidth) scroller.setAttribute("tabindex", "0");
      else scroller.removeAttribute("tabindex");
    });
    return h("div", {class: "table"}, this.tools(), scroller,
      h("div", {class: "below"}, this.status, this.pager));
  }

  head_of(column) {
    const press = () => {
      const again = this.order?.key === column.key;
      this.order = {key: column.key, descending: again ? !this.order.descending
                                                       : Boolean(column.number)};
      this.page = 0;
      this.select();
    };
    return h("th", {scope: "col", class: column.number ? "number" : null, "data-key": column.key},
      h("button", {type: "button", class: "sort", on_click: press},
        h("span", {}, column.title), h("span", {class: "arrow", "aria-hidden": "true"})));
  }

  tools() {
    const bar = h("div", {class: "tools"});
    if (this.rows.length > 5) {
      const type = (event) => {
        this.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
        this.page = 0;
        this.select();
      };
      add(bar, h("label", {}, h("span", {}, "Filter"),
        h("input", {type: "search", placeholder: "words", on_input: type})));
    }
    for (const facet of this.options.facets) {
      const values = [...new Set(this.rows.map((row) => facet.value(row)))].filter(
        (v) => v !== null && v !== undefined && v !== "");
      if (values.length < 2) continue;
      values.sort(compare);
      const choose = (event) => {
        if (event.target.value === "") this.facets.delete(facet);
        else this.facets.set(facet, event.target.value);
        this.page = 0;
        this.select();
      };
      const select = h("select", {on_change: choose}, h("option", {value: ""}, "all"),
        values.map((v) => h("option", {value: v}, v)));
      if (facet.chosen) {
        select.value = facet.chosen;
        this.facets.set(facet, facet.chosen);
      }
      add(bar, h("label", {}, h("span", {}, facet.title), select));
    }
    if (this.rows.length > page_sizes[0]) {
      const choose = (event) => {
        this.page_size = Number(event.target.value);
        this.page = 0;
        this.select();
      };
      add(bar, h("label", {}, h("span", {}, "Rows"),
        h("select", {on_change: choose}, page_sizes.map((n) =>
          h("option", {value: n, selected: n === this.page_size}, n)))));
    }
    return add(bar, copy_button("Copy", () => tsv(this.columns, this.chosen),
      {title: "Copies the rows that the filter lets through, as tab separated values"}));
  }

  text_of(row) {
    let text = this.texts.get(row);
    if (text === undefined) {
      text = this.columns.map((c) => cell_text(c.value(row))).join("\t").toLowerCase();
      this.texts.set(row, text);
    }
    return text;
  }

  /// The rows that are wanted, in their order.
  select() {
    let rows = this.rows;
    for (const [facet, value] of this.facets)
      rows = rows.filter((row) => String(facet.value(row)) === value);
    if (this.words.length > 0)
      rows = rows.filter((row) => this.words.every((word) => this.text_of(row).includes(word)));
    const column = this.columns.find((c) => c.key === this.order?.key);
    if (column) rows = sorted(rows, column, this.order.descending);
    this.chosen = rows;
    this.columns.forEach((c, i) => {
      if (c !== column) this.heads[i].removeAttribute("aria-sort");
      else this.heads[i].setAttribute("aria-sort",
        this.order.descending ? "descending" : "ascending");
    });
    this.show();
  }

  show() {
    const pages = Math.max(1, Math.ceil(this.chosen.length / this.page_size));
    this.page = Math.min(this.page, pages - 1);
    const from = this.page * this.page_size;
    const rows = this.chosen.slice(from, from + this.page_size);
    this.body.replaceChildren(...rows.map((row) => this.row_of(row)));
    if (rows.length === 0)
      add(this.body, h("tr", {}, h("td", {colspan: this.columns.length, class: "none"},
        this.rows.length === 0 ? "none" : "no row has these words")));
    const {noun, left_out} = this.options;
    const all = plural(this.rows.length, noun);
    const chosen = this.chosen.length === this.rows.length
      ? all : `${count_text(this.chosen.length)} of ${all}`;
    this.status.textContent = pages > 1
      ? `${count_text(from + 1)} to ${count_text(from + rows.length)} of ${chosen}` : chosen;
    if (left_out) add(this.status, ` · ${left_out}`);
    this.show_pager(pages);
    this.options.on_page?.(rows);
  }

  row_of(row) {
    return h("tr", {}, this.columns.map((c, i) => {
      const value = c.value(row) ?? null;
      const shown = c.show ? c.show(row) : cell_text(value);
      const name = [c.number && "number", value === null && "empty", c.wide && "wide", c.code && "code"];
      return h(i === 0 ? "th" : "td",
        {scope: i === 0 ? "row" : null, class: name.filter(Boolean).join(" ") || null}, shown);
    }));
  }

  show_pager(pages) {
    this.pager.replaceChildren();
    if (pages < 2) return;
    const turn = (label, words, page) => {
      const off = page < 0 || page >= pages || page === this.page;
      return h("button", {type: "button", class: "plain", disabled: off, "data-turn": label,
        on_click: () => {
          this.page = page;
          this.show();
          // The buttons are new ones now: who turns pages by key goes on turning.
          const buttons = [...this.pager.querySelectorAll("button:not([disabled])")];
          (buttons.find((b) => b.dataset.turn === label) ?? buttons[0])?.focus();
        }},
        h("span", {"aria-hidden": "true"}, label), unseen(words));
    };
    add(this.pager, turn("«", "first page", 0), turn("‹", "page before", this.page - 1),
      h("span", {}, `page ${count_text(this.page + 1)} of ${count_text(pages)}`),
      turn("›", "next page", this.page + 1), turn("»", "last page", pages - 1));
  }
}

/// The element. Options: caption, columns, rows, facets, page_size, sort, noun, left_out (a sentence
/// on rows that are not in the page), on_page(rows) after each change of what is shown.
export function table_of(options) {
  return new table_view(options).element;
}
