/** The list of the collections: a link for each, with its counts and a small histogram. Updated in place. */

import { Picture } from "./charts.js";
import { counted, element, setText } from "./dom.js";

export class CollectionList {
  #list;
  #items = new Map();

  constructor(list) {
    this.#list = list;
  }

  /** Shows the collections of a status, in its order, and marks the one that is selected. */
  show(collections, selected) {
    for (const [name, item] of this.#items) {
      if (!(name in collections)) this.#remove(name, item);
    }
    Object.entries(collections).forEach(([name, counts], index) => {
      if (!this.#items.has(name)) this.#items.set(name, makeItem(name));
      const item = this.#items.get(name);
      const there = this.#list.children[index];
      if (there !== item.line) this.#list.insertBefore(item.line, there ?? null);
      setText(item.events, counted(counts.events, "event"));
      setText(item.dropped, counts.dropped ? `${counted(counts.dropped, "message")} dropped` : "");
      if (name === selected) item.link.setAttribute("aria-current", "true");
      else item.link.removeAttribute("aria-current");
    });
  }

  /** Draws the small histogram of a collection. */
  draw(name, histogram) {
    this.#items.get(name)?.picture.show({ ...histogram, kind: "spark", description: "" });
  }

  #remove(name, item) {
    item.picture.close();
    item.line.remove();
    this.#items.delete(name);
  }
}

function makeItem(name) {
  const events = element("span", {});
  const dropped = element("span", { class: "dropped" });
  const canvas = element("canvas", { "aria-hidden": "true" });
  const link = element(
    "a",
    { href: `#${encodeURIComponent(name)}` },
    element("strong", {}, name),
    element("span", { class: "counts" }, events, " ", dropped),
    element("span", { class: "spark" }, canvas),
  );
  return { line: element("li", {}, link), link, events, dropped, picture: new Picture(canvas) };
}
