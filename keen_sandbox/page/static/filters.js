/** The filters of a query as rows of a form: property, operator and value. */

import { element, offer } from "./dom.js";

const OPERATORS = [
  ["eq", "is"],
  ["ne", "is not"],
  ["lt", "is less than"],
  ["lte", "is at most"],
  ["gt", "is greater than"],
  ["gte", "is at least"],
  ["exists", "exists (true or false)"],
  ["in", "is one of (a, b, ...)"],
  ["contains", "contains"],
  ["not_contains", "does not contain"],
  ["regex", "matches the pattern"],
];
const CONSTANTS = { true: true, false: false, null: null };

export class Filters {
  #list;
  #add;
  #properties = {};

  /** `add` is the button that adds a row to the list; the form hears of changes as of its own. */
  constructor(list, add) {
    this.#list = list;
    this.#add = add;
    add.addEventListener("click", () => this.#append());
  }

  /** Offers the properties of a schema in every row. */
  offer(properties) {
    this.#properties = properties;
    for (const row of this.#list.children) this.#offer(row);
  }

  clear() {
    this.#list.replaceChildren();
  }

  /** Gives the filters in the form of a query's parameter. */
  read() {
    return [...this.#list.children].map((row) => {
      const [name, operator, text] = ["property", "operator", "value"].map((part) => field(row, part).value);
      const type = this.#properties[name];
      const value = operator === "in" ? text.split(",").map((each) => valueOf(each.trim(), type)) : valueOf(text, type);
      return { property_name: name, operator, property_value: operator === "exists" ? text !== "false" : value };
    });
  }

  #append() {
    const remove = () => {
      row.remove();
      this.#changed();
      this.#add.focus();
    };
    const row = element(
      "li",
      {},
      element("label", {}, "Filter by ", element("select", { name: "property" })),
      element("label", {}, "Operator ", element("select", { name: "operator" })),
      element("label", {}, "Value ", element("input", { name: "value", autocomplete: "off" })),
      element("button", { type: "button", click: remove }, "Remove this filter"),
    );
    offer(field(row, "operator"), OPERATORS);
    this.#offer(row);
    this.#list.append(row);
    this.#changed();
    field(row, "property").focus();
  }

  #offer(row) {
    offer(field(row, "property"), Object.keys(this.#properties).map((name) => [name, name]));
  }

  #changed() {
    this.#list.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

const field = (row, name) => row.querySelector(`[name="${name}"]`);

/** Reads what was typed as a value of the property's type; a number or a constant that cannot be one is a text. */
function valueOf(text, type) {
  if (type !== "string" && Object.hasOwn(CONSTANTS, text)) return CONSTANTS[text];
  const isNumber = (type === "num" || type === "array") && text.trim() !== "" && Number.isFinite(Number(text));
  return isNumber ? Number(text) : text;
}
