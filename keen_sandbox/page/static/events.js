/** The latest events of a collection, as a table of their properties or as JSON. */

import { counted, element, table, written } from "./dom.js";
import { moment, timeframeOf } from "./times.js";

const SHOWN = 20;
const MOST_COLUMNS = 40;
const FIRST_COLUMN = "keen.timestamp";

export class LatestEvents {
  #place;
  #events = [];
  #caption = "";
  #view = "table";

  /** `choice` is the fieldset whose radio buttons choose between table and json. */
  constructor(place, choice) {
    this.#place = place;
    choice.addEventListener("change", (event) => {
      this.#view = event.target.value;
      this.#draw();
    });
  }

  /** Marks what is shown as that of another collection, until the next refresh. */
  clear() {
    this.#place.setAttribute("aria-busy", "true");
  }

  /** Fetches the latest events and shows them; gives them up where `isWanted` says no in the meantime. */
  async refresh(keen, collection, counts, isWanted) {
    const timeframe = counts.events && timeframeOf(counts.first_timestamp, counts.last_timestamp);
    const parameters = { event_collection: collection, timeframe, latest: SHOWN };
    const events = counts.events ? await keen.query("extraction", parameters) : [];
    if (!isWanted()) return;
    this.#events = events;
    this.#caption = `The latest ${events.length} of ${counted(counts.events, "event")}, by keen.timestamp`;
    this.#place.removeAttribute("aria-busy");
    this.#draw();
  }

  #draw() {
    const drawn = this.#view === "json" ? asJson(this.#events) : asTable(this.#events, this.#caption);
    this.#place.replaceChildren(drawn);
  }
}

function asJson(events) {
  return element("pre", {}, JSON.stringify(events, null, 2));
}

function asTable(events, caption) {
  const flat = events.map((event) => new Map(flatten(event)));
  const found = new Set(flat.flatMap((event) => [...event.keys()]));
  found.delete(FIRST_COLUMN);
  const columns = [FIRST_COLUMN, ...found].slice(0, MOST_COLUMNS);
  const isNumeric = (column) => flat.every((event) => ["number", "undefined"].includes(typeof event.get(column)));
  const numeric = new Set(columns.map((column, index) => (isNumeric(column) ? index : null)));
  const rows = flat.map((event) =>
    columns.map((column) => (column === FIRST_COLUMN ? moment(event.get(column)) : written(event.get(column)))),
  );
  const left = found.size + 1 - columns.length;
  return table(caption + (left ? `; ${left} more of their properties are in the JSON` : ""), columns, rows, numeric);
}

function flatten(event, prefix = "") {
  return Object.entries(event).flatMap(([name, value]) => {
    const isObject = value !== null && typeof value === "object" && !Array.isArray(value) && !("rawJSON" in value);
    return isObject && Object.keys(value).length ? flatten(value, `${prefix}${name}.`) : [[prefix + name, value]];
  });
}
