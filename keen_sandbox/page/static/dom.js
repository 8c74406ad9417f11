/** Builds and updates elements. Every text is set as text, so nothing that an event holds can become markup. */

const COUNT = new Intl.NumberFormat("en");
const LONG = 30;
const offered = new WeakMap();

/** Gives the element of the page with an id. */
export const byId = (id) => document.getElementById(id);

/** Makes an element. An attribute that is a function listens to the event of its name; false leaves one out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Sets a text where it is another one, so that what stays the same is neither painted nor read out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Makes a table. `columns` are headings; `rows` are lists of texts; `numeric` are the columns that hold numbers. */
export function table(caption, columns, rows, numeric = new Set()) {
  const side = (index) => ({ class: numeric.has(index) && "number" });
  const heads = columns.map((column, index) => element("th", { scope: "col", ...side(index) }, column));
  const cellOf = (text, index) => element("td", { title: text.length > LONG && text, ...side(index) }, text);
  const lines = rows.map((row) => element("tr", {}, ...row.map(cellOf)));
  return element(
    "table",
    {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...lines),
  );
}

/** Offers the options `[value, text]` in a select, and keeps what was chosen as long as it is still there. */
export function offer(select, options) {
  const key = JSON.stringify(options);
  if (offered.get(select) === key) return;
  const chosen = select.value;
  offered.set(select, key);
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

/** Writes a number of things: `12,345 events`, `1 event`. */
export function counted(number, thing) {
  return `${COUNT.format(number)} ${thing}${number === 1 ? "" : "s"}`;
}

/** Writes a value of an event or of an answer as a text; numbers keep the digits that they came with. */
export function written(value) {
  if (value === undefined || value === null) return value === null ? "null" : "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
