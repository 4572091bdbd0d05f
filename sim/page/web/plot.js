import { add, h, new_id, on_width, s } from "./dom.js";
import { count_text } from "./format.js";

// A plot: panels above each other that share their x axis, with a reading line that goes along by
// pointer, touch or arrow keys. What it reads stands in the legends, so that a phone shows it too.

export const d3 = globalThis.d3;

const margin = {right: 22, top: 8, bottom: 26};

/// Room for the y axis, where there is one.
function left_of(panels) {
  return panels.some((p) => p.y.values?.length !== 0) ? 54 : 10;
}

/// A moment or a span on an axis: as short as it can be.
export function tick_seconds(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001) return `${+(value * 1e6).toPrecision(3)} µs`;
  if (size < 1) return `${+(value * 1e3).toPrecision(3)} ms`;
  return `${count_text(+value.toPrecision(6))} s`;
}

/// A number on an axis: what is exact needs no digits more.
export function tick_text(text) {
  return (value) => text(value).replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
}

/// Ones, twos and fives, or tens alone where these would be too many.
function log_ticks([low, high], room) {
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); ++e)
      for (const step of steps) {
        const tick = Number(`${step}e${e}`);
        if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
      }
    if (ticks.length <= room || steps.length === 1) return ticks;
  }
  return [];
}

function scale_of(axis, range) {
  return (axis.scale === "log" ? d3.scaleLog() : d3.scaleLinear())
    .domain(axis.domain).range(range).clamp(axis.scale === "log");
}

/// The legend of a panel: marks, names, and what the reading line reads.
class legend_view {
  constructor(keys) {
    this.keys = keys;
    this.values = keys.map(() => h("b", {class: "now"}));
    this.element = h("ul", {class: "legend"}, keys.map((key, i) =>
      h("li", {}, key.mark ? h("span", {class: `swatch ${key.mark}`}) : null, key.name, " ",
        this.values[i])));
  }
  read(at) {
    this.keys.forEach((key, i) => {
      this.values[i].textContent = at === null || !key.at ? "" : key.at(at);
    });
  }
  text() {
    return this.keys.map((key, i) => `${key.name} ${this.values[i].textContent}`.trim()).join(", ");
  }
}

class plot_view {
  constructor(options) {
    this.options = {stops: [], markers: [], ...options};
    this.at = null;
    this.scales = [];
    this.left = left_of(this.options.panels);
    this.element = this.build();
  }

  build() {
    const {title, summary, panels, stops, alternative} = this.options;
    const id = new_id("plot");
    this.where = h("span", {class: "where"});
    this.legends = panels.map((p) => new legend_view(p.keys ?? []));
    this.frames = panels.map(() => h("div", {class: "frame"}));
    const slides = stops.length > 1;
    this.stack = h("div", slides ? {
      class: "panels", tabindex: "0", role: "slider", "aria-orientation": "horizontal",
      "aria-label": `${title}: reading line`, "aria-valuemin": stops[0],
      "aria-valuemax": stops[stops.length - 1],
      on_keydown: (event) => this.key(event), on_pointermove: (event) => this.point(event),
      on_pointerdown: (event) => this.point(event), on_pointerleave: () => this.rest(),
      on_blur: () => this.rest(), on_focus: () => this.go(this.at ?? stops.length - 1),
    } : {class: "panels"},
    panels.map((p, i) => [h("div", {class: "over"},
      p.title ? h("span", {class: "panel_title"}, p.title) : null, this.legends[i].element,
      i === 0 ? this.where : null), this.frames[i]]));
    on_width(this.stack, (width) => this.draw(width));
    this.rest();
    return h("figure", {class: "plot", "aria-labelledby": id},
      h("figcaption", {id}, title ? h("span", {class: "figure_title"}, title) : null,
        summary ? h("span", {class: "summary"}, summary) : null),
      this.stack, alternative ? numbers_of(alternative) : null);
  }

  draw(width) {
    const {x, panels, markers} = this.options;
    this.scales = [scale_of(x, [this.left, width - margin.right])];
    panels.forEach((panel, i) => {
      const first = i === 0, last = i === panels.length - 1;
      const top = margin.top + (first && markers.length > 0 ? 16 : 0);
      const bottom = last ? margin.bottom + (x.label ? 16 : 0) : 6;
      const height = panel.height + top + bottom;
      const y = scale_of(panel.y, [top + panel.height, top]);
      const picture = s("svg", {width, height, viewBox: `0 0 ${width} ${height}`,
        "aria-hidden": "true", focusable: "false"});
      const floor = top + panel.height;
      this.draw_axes(picture, panel, y, {width, floor, last});
      const inside = s("g");
      picture.append(inside);
      panel.draw(inside, this.scales[0], y, {width, top, floor, right: width - margin.right});
      this.draw_markers(picture, top, floor, first);
      picture.append(s("line", {class: "reading", y1: top, y2: floor}));
      this.frames[i].replaceChildren(picture);
    });
    this.show_line();
  }

  draw_axes(picture, panel, y, {width, floor, last}) {
    const {x} = this.options;
    const scale = this.scales[0];
    const room = Math.max(2, Math.floor(width / 90));
    const ticks = x.scale === "log" ? log_ticks(x.domain, room) : scale.ticks(room);
    const most = panel.y.ticks ?? 4;
    const levels = panel.y.values ??
      y.ticks(most).filter((v) => !panel.y.whole || Number.isInteger(v));
    const up = d3.axisLeft(y).tickValues(levels).tickSize(0).tickPadding(8)
      .tickFormat(tick_text(panel.y.text));
    const across = d3.axisBottom(scale).tickValues(ticks).tickSize(last ? 5 : 0)
      .tickFormat(last ? x.text : () => "");
    const lines = s("g", {class: "grid"});
    for (const tick of levels)
      lines.append(s("line", {x1: this.left, x2: width - margin.right, y1: y(tick), y2: y(tick)}));
    picture.append(lines);
    d3.select(picture).append("g").attr("class", "axis")
      .attr("transform", `translate(${this.left},0)`).call(up);
    d3.select(picture).append("g").attr("class", "axis").attr("transform", `translate(0,${floor})`)
      .call(across);
    if (last && x.label)
      picture.append(s("text", {class: "axis_label", x: width - margin.right, y: floor + 38,
        "text-anchor": "end"}, x.label));
  }

  draw_markers(picture, top, floor, named) {
    let free = -Infinity;
    for (const marker of this.options.markers) {
      const at = this.scales[0](marker.x);
      picture.append(s("line", {class: "marker", x1: at, x2: at, y1: top - (named ? 4 : 0), y2: floor}));
      // Names stand where there is room for them; the list below the plot has all.
      if (!named || at < free) continue;
      const wide = marker.text.length * 6.4 + 10;
      const left = at + wide > this.scales[0].range()[1];
      picture.append(s("text", {class: "marker_text", x: left ? at - 4 : at + 4, y: top - 5,
        "text-anchor": left ? "end" : "start"}, marker.text));
      free = at + wide;
    }
  }

  key(event) {
    const last = this.options.stops.length - 1;
    const jump = Math.max(1, Math.round(last / 10));
    const at = this.at ?? last;
    const to = {ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1,
      PageDown: at - jump, PageUp: at + jump, Home: 0, End: last}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.go(Math.max(0, Math.min(last, to)));
  }

  point(event) {
    if (this.scales.length === 0) return;
    const {stops} = this.options;
    const x = this.scales[0].invert(event.clientX - this.stack.getBoundingClientRect().left);
    const i = d3.bisectLeft(stops, x);
    const nearer = i > 0 && (i === stops.length || x - stops[i - 1] < stops[i] - x) ? i - 1 : i;
    this.go(nearer);
  }

  go(at) {
    this.at = at;
    const {stops, x} = this.options;
    for (const legend of this.legends) legend.read(stops[at]);
    this.where.textContent = `at ${(x.where ?? x.text)(stops[at])}`;
    this.stack.setAttribute("aria-valuenow", stops[at]);
    this.stack.setAttribute("aria-valuetext",
      `${this.where.textContent}: ${this.legends.map((l) => l.text()).join(", ")}`);
    this.show_line();
  }

  /// Without a reader the legends tell of the end, or of nothing.
  rest() {
    if (document.activeElement === this.stack) return;
    const {stops, rest} = this.options;
    this.at = null;
    for (const legend of this.legends)
      legend.read(rest === "end" && stops.length > 0 ? stops[stops.length - 1] : null);
    this.where.textContent = rest === "end" && stops.length > 0 ? "at the end" : "";
    if (stops.length > 1) {
      this.stack.setAttribute("aria-valuenow", stops[stops.length - 1]);
      this.stack.setAttribute("aria-valuetext", "the end");
    }
    this.show_line();
  }

  show_line() {
    if (this.scales.length === 0) return;
    for (const line of this.stack.querySelectorAll("line.reading")) {
      line.classList.toggle("on", this.at !== null);
      if (this.at === null) continue;
      const x = this.scales[0](this.options.stops[this.at]);
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    }
  }
}

/// A fold with the numbers of a plot, made when it is opened first.
export function numbers_of(alternative, label = "The numbers") {
  const fold = h("details", {class: "numbers"}, h("summary", {}, label));
  fold.addEventListener("toggle", () => {
    if (fold.open && fold.children.length === 1) add(fold, alternative());
  });
  return fold;
}

/// The element. Options: title, summary (a sentence with the same numbers), x {domain, scale, text,
/// where, label}, panels [{title, height, y {domain, text, ticks, values}, keys [{name, mark, at(x)}],
/// draw(g, x, y, size)}], stops (where the reading line goes, ascending), rest: "end" for legends
/// that tell of the end, markers [{x, text}], alternative() (an element with the numbers).
export function plot(options) {
  return new plot_view(options).element;
}
