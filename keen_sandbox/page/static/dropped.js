/** What a collection's topic received and Keen would not have kept: the reasons, and the content on request only. */

import { counted, element, setText } from "./dom.js";
import { moment } from "./times.js";

const SHOWN = 100;

export class DroppedMessages {
  #facts;
  #list;
  #newest = null;

  constructor(facts, list) {
    this.#facts = facts;
    this.#list = list;
  }

  /** Forgets what is shown, because another collection is. */
  clear() {
    this.#newest = null;
    this.#list.replaceChildren();
    setText(this.#facts, "");
  }

  /** Fetches what was dropped and adds what is new at the top, so that what the user has opened stays open. */
  async refresh(keen, collection, counts, isWanted) {
    const messages = counts.dropped ? await keen.dropped(collection) : [];
    if (!isWanted()) return;
    const known = messages.findIndex((message) => JSON.stringify(message) === this.#newest);
    if (known < 0) this.#list.replaceChildren(...messages.map(line));
    else this.#list.prepend(...messages.slice(0, known).map(line));
    while (this.#list.children.length > SHOWN) this.#list.lastChild.remove();
    this.#newest = messages.length ? JSON.stringify(messages[0]) : null;
    const shown = counts.dropped > messages.length ? ` The latest ${messages.length}:` : "";
    setText(
      this.#facts,
      counts.dropped
        ? `${counted(counts.dropped, "message")} of this collection would not be kept by Keen.${shown}`
        : "Nothing was dropped.",
    );
  }
}

function line({ reason, explanation, received_at: receivedAt, event }) {
  const content = element("details", { toggle: () => open(content, event) }, element("summary", {}, "What came in"));
  return element(
    "li",
    {},
    element("strong", {}, reason),
    " ",
    element("time", { datetime: receivedAt }, moment(receivedAt)),
    element("p", {}, explanation),
    content,
  );
}

function open(details, event) {
  details.querySelector("pre")?.remove();
  if (details.open) details.append(element("pre", { tabindex: "0" }, event || "(nothing)"));
}
