// Elements without a framework: text is always set as text, so nothing of the data becomes markup.

const svg_namespace = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on_")) element.addEventListener(name.slice(3), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  add(element, ...children);
  return element;
}

/// Adds children: nodes, text, numbers, arrays of them; null is left out.
export function add(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/// An element of HTML: `h("p", {class: "lead", on_click: f}, "text", other)`. An attribute `--name`
/// is a property of the style sheet.
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/// The same in SVG.
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(svg_namespace, tag), attributes, children);
}

let ids = 0;
/// An id that nothing else has.
export function new_id(word) {
  return `${word}-${++ids}`;
}

/// Calls `draw(width)` now that the element has a width, and whenever that changes.
export function on_width(element, draw) {
  let last = 0;
  new ResizeObserver((entries) => {
    const width = Math.floor(entries[0].contentRect.width);
    if (width > 0 && width !== last) draw((last = width));
  }).observe(element);
}

/// Text for people who hear the page.
export function unseen(text) {
  return h("span", {class: "unseen"}, text);
}
