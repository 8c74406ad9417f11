/** The selected collection: its facts, its histogram, its latest events, its schema, its losses, and the query form. */

import { Picture } from "./charts.js";
import { byId, counted, setText, table } from "./dom.js";
import { DroppedMessages } from "./dropped.js";
import { LatestEvents } from "./events.js";
import { Question } from "./question.js";
import { moment } from "./times.js";

export class Detail {
  #keen;
  #picture = new Picture(byId("timeline"));
  #events = new LatestEvents(byId("events"), byId("view"));
  #dropped = new DroppedMessages(byId("dropped-facts"), byId("dropped"));
  #question;
  #properties = "";
  /** The collection whose schema is shown. */
  schemaOf = null;

  constructor(keen) {
    this.#keen = keen;
    this.#question = new Question(keen);
  }

  /** Turns to another collection. */
  select(name) {
    this.name = name;
    this.#properties = "";
    setText(byId("collection"), name);
    setText(byId("skip"), `Skip to ${name}`);
    document.title = `${name} - Local Keen`;
    byId("properties").setAttribute("aria-busy", "true");
    this.#events.clear();
    this.#dropped.clear();
    this.#question.clear();
  }

  /** Shows the counts of the selected collection. */
  show(counts) {
    const { events, dropped, first_timestamp: first, last_timestamp: last } = counts;
    const spanned = first ? `, from ${moment(first)} to ${moment(last)} UTC` : "";
    const lost = dropped ? counted(dropped, "message") : "nothing";
    setText(byId("facts"), `${counted(events, "event")}${spanned}; ${lost} dropped`);
    this.#question.about(this.name, counts);
  }

  /** Draws the histogram; null is that of no event. */
  draw(timeline) {
    byId("timeline").parentElement.hidden = timeline === null;
    if (timeline) this.#picture.show(timeline);
  }

  /** Fetches and shows what changed with the counts; what comes too late, after another selection, is left out. */
  async refresh(counts) {
    const name = this.name;
    const isWanted = () => name === this.name;
    await this.#events.refresh(this.#keen, name, counts, isWanted);
    if (isWanted()) await this.#dropped.refresh(this.#keen, name, counts, isWanted);
  }

  /** Fetches and shows the schema, which takes a look at every event. */
  async refreshProperties(counts) {
    const name = this.name;
    const properties = counts.events ? await this.#keen.properties(name) : {};
    const known = JSON.stringify([name, properties]);
    if (name !== this.name || known === this.#properties) return;
    this.schemaOf = name;
    this.#properties = known;
    byId("properties").removeAttribute("aria-busy");
    const sorted = Object.entries(properties).sort(([one], [other]) => (rank(one) < rank(other) ? -1 : 1));
    byId("properties").replaceChildren(table("As inferred from the events", ["name", "type"], sorted));
    this.#question.offer(Object.fromEntries(sorted));
  }
}

/** The user's own properties come before those that Keen or the connector added. */
const rank = (name) => (/^(keen\.|_airbyte_)/.test(name) ? "1" : "0") + name;
