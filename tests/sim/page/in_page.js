// What browser_test.py asks of a page from within.

function open_all() {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
}

/// The block of tools and table whose caption begins so.
function table_named(caption) {
  const found = [...document.querySelectorAll("caption")].find((c) => c.textContent.startsWith(caption));
  if (!found) throw new Error(`no table ${caption}`);
  return found.closest("table").parentElement.parentElement;
}

function press_copy(caption) {
  const place = table_named(caption);
  const button = (place.querySelector(".copy button") ?? place.parentElement.querySelector(".copy button"));
  button.click();
}

function first_row(section) {
  return document.querySelector(`#${section} tbody tr`).innerText;
}

function matrix_cells() {
  const table = table_named("Traversal matrix").querySelector("table.matrix");
  const heads = [...table.querySelectorAll("thead th")].map((x) => x.textContent);
  return [...table.querySelectorAll("tbody tr")].flatMap((row) =>
    [...row.querySelectorAll("td")].map((cell, i) => ({from: row.querySelector("th").textContent,
      to: heads[i], of: cell.querySelector(".of")?.textContent})).filter((c) => c.of));
}

/// A figure's sentences, and how high its curve goes, as a share of the axis from 0 to 100 %.
function figure_of(title) {
  const figure = [...document.querySelectorAll("figure")].find(
    (f) => f.querySelector(".figure_title")?.textContent === title);
  const levels = [...figure.querySelectorAll(".grid line")].map((l) => Number(l.getAttribute("y1")));
  const low = Math.max(...levels), high = Math.min(...levels);
  const box = figure.querySelector("path.curve.main").getBBox();
  return {text: figure.innerText, highest: (low - box.y) / (low - high)};
}

/// The marks of events in the first panel: their words, and where they stand between 0 and 1.
function markers_of(section) {
  const picture = document.querySelector(`#${section} .frame svg`);
  const line = picture.querySelector(".grid line");
  const [left, right] = ["x1", "x2"].map((x) => Number(line.getAttribute(x)));
  const texts = [...picture.querySelectorAll(".marker_text")].map((t) => t.textContent);
  return [...picture.querySelectorAll(".marker")].map((m, i) =>
    ({text: texts[i], at: (Number(m.getAttribute("x1")) - left) / (right - left)}));
}

function map_spots() {
  return [...document.querySelectorAll("td.spot")].map((td) => ({place: Number(td.dataset.place),
    text: td.textContent, missed: td.classList.contains("missed_spot")}));
}

function choose_figure(title) {
  [...document.querySelectorAll("#map .choice label")].find((l) => l.textContent === title).click();
}

// --- keyboard -------------------------------------------------------------------------------------------

function shown(element) {
  return element.checkVisibility({visibilityProperty: true});
}

function usable() {
  const all = [...document.querySelectorAll("a[href], button, select, input, summary, textarea, [tabindex='0']")]
    .filter((e) => !e.disabled && e.tabIndex >= 0 && shown(e));
  // Of radio buttons one is a stop.
  return all.filter((e) => e.type !== "radio" || e.checked);
}

function usable_count() {
  return usable().length;
}

function name_of(element) {
  const labelled = element.getAttribute("aria-labelledby");
  return (element.ariaLabel ?? "") || (labelled && document.getElementById(labelled)?.textContent) ||
    element.labels?.[0]?.textContent || element.textContent || element.title;
}

function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  return {number: usable().indexOf(element), text: element.textContent.slice(0, 40), tag: element.tagName,
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    named: name_of(element).trim().length > 0};
}

function focus(selector) {
  document.querySelector(selector).focus();
}

// --- looks ----------------------------------------------------------------------------------------------

const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
/// [r, g, b, a] of any colour that a style can have, in 0 to 1.
function colour(text) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = text;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255);
}

function luminance([r, g, b]) {
  const [x, y, z] = [r, g, b].map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

function behind(element) {
  for (let e = element; e; e = e.parentElement) {
    const [r, g, b, a] = colour(getComputedStyle(e).backgroundColor);
    if (a > 0.99) return [r, g, b];
  }
  return [1, 1, 1];
}

/// Texts whose contrast (WCAG 2) is below `least`, as "text: ratio".
function faint_texts(least) {
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const known = new Map();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(element)) continue;
    if (element.closest("script, style, :disabled, .unseen, .skip, option")) continue;
    const style = getComputedStyle(element);
    const back = behind(element.closest("svg")?.parentElement ?? element);
    const ink = element.closest("svg") ? style.fill : style.color;
    const key = `${ink} ${back}`;
    if (!known.has(key)) {
      const [a, b] = [luminance(colour(ink)), luminance(back)].sort((x, y) => y - x);
      known.set(key, (a + 0.05) / (b + 0.05));
    }
    if (known.get(key) < least)
      faint.add(`${walker.currentNode.textContent.trim().slice(0, 30)}: ${known.get(key).toFixed(2)}`);
  }
  return [...faint].slice(0, 10);
}

function wider_than_window() {
  const width = document.documentElement.clientWidth;
  return [...document.querySelectorAll("main *")].filter((e) => !e.closest(".scroller, pre, svg") &&
    e.getBoundingClientRect().right > width + 1).slice(0, 5).map((e) => e.outerHTML.slice(0, 120));
}

/// What a finger has to hit and is lower than `least` pixels.
function small_targets(least) {
  return usable().filter((e) => e.matches("button, select, input[type=search], summary") &&
    e.getBoundingClientRect().height < least).slice(0, 5)
    .map((e) => `${e.tagName} ${e.textContent.slice(0, 30)} ${e.getBoundingClientRect().height}`);
}
