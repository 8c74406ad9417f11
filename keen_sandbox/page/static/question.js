/** The form that asks a collection a question: what it offers, the request that it stands for, and sending it. */

import { Answer } from "./answer.js";
import { byId, offer, setText } from "./dom.js";
import { Filters } from "./filters.js";
import { INTERVALS, timeframeOf } from "./times.js";

const ANALYSES = ["count", "sum", "average", "minimum", "maximum", "count_unique", "median"];
const ALL = "all";
const BETWEEN = "between";
const TIMEFRAMES = [
  [ALL, "all events"],
  ["this_60_minutes", "the last 60 minutes"],
  ["this_24_hours", "the last 24 hours"],
  ["this_7_days", "the last 7 days"],
  ["this_30_days", "the last 30 days"],
  ["this_12_months", "the last 12 months"],
  [BETWEEN, "between two moments"],
];

export class Question {
  #keen;
  #form = byId("question");
  #filters = new Filters(this.#form.querySelector("ol"), byId("add-filter"));
  #answer = new Answer(byId("answer"));
  #collection = "";
  #counts = {};

  constructor(keen) {
    this.#keen = keen;
    const fields = this.#form.elements;
    offer(fields.analysis, ANALYSES.map((name) => [name, name.replace("_", " ")]));
    offer(fields.timeframe, TIMEFRAMES);
    offer(fields.interval, [["", "none"], ...INTERVALS.map((name) => [name, name])]);
    this.#form.addEventListener("input", () => this.#write());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run();
    });
  }

  /** Turns to another collection: filters and answer were about the last one. */
  clear() {
    this.#filters.clear();
    this.#answer.clear();
  }

  /** Tells the form which collection it asks, and its counts. */
  about(collection, counts) {
    this.#collection = collection;
    this.#counts = counts;
    this.#write();
  }

  /** Offers the properties of a schema. */
  offer(properties) {
    const names = Object.keys(properties).map((name) => [name, name]);
    offer(this.#form.elements.target_property, names);
    offer(this.#form.elements.group_by, [["", "nothing"], ...names]);
    this.#filters.offer(properties);
    this.#write();
  }

  #write() {
    const { analysis, target_property: target, timeframe, start, end } = this.#form.elements;
    target.disabled = analysis.value === "count";
    const { first_timestamp: first, last_timestamp: last } = this.#counts;
    for (const [edge, usual] of [[start, first], [end, last]]) {
      edge.closest("label").hidden = timeframe.value !== BETWEEN;
      edge.value ||= usual?.slice(0, 19) ?? "";
    }
    setText(byId("request"), this.#keen.asCommand(analysis.value, this.#parameters()));
  }

  #parameters() {
    const { target_property: target, group_by: group, interval } = this.#form.elements;
    const parameters = { event_collection: this.#collection, timeframe: this.#timeframe() };
    if (!target.disabled) parameters.target_property = target.value;
    if (group.value) parameters.group_by = group.value;
    if (interval.value) parameters.interval = interval.value;
    const filters = this.#filters.read();
    if (filters.length) parameters.filters = filters;
    return parameters;
  }

  #timeframe() {
    const { timeframe, start, end } = this.#form.elements;
    if (timeframe.value === BETWEEN) return { start: `${start.value}Z`, end: `${end.value}Z` };
    const { first_timestamp: first, last_timestamp: last } = this.#counts;
    if (timeframe.value !== ALL) return timeframe.value;
    return first ? timeframeOf(first, last) : "this_day";
  }

  async #run() {
    const analysis = this.#form.elements.analysis.value;
    const parameters = this.#parameters();
    try {
      const result = await this.#keen.query(analysis, parameters);
      setText(byId("announcement"), this.#answer.show(analysis, parameters, result));
    } catch (error) {
      this.#answer.refuse(error.message);
    }
  }
}
