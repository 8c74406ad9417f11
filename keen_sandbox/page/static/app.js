/** Follows the sandbox: its counts once a second, and what they say has changed as fast as that costs it little. */

import { CollectionList } from "./collections.js";
import { Detail } from "./detail.js";
import { byId, counted, setText } from "./dom.js";
import { Keen } from "./keen.js";
import { Refresher } from "./refresh.js";
import { timelineOf } from "./timeline.js";

const SECOND = 1_000;
const ANNOUNCEMENT_PAUSE = 5 * SECOND;
const NOTHING = { events: 0, dropped: 0, first_timestamp: null, last_timestamp: null };

class Follower {
  #keen;
  #list = new CollectionList(byId("collections"));
  #detail;
  #refresher = new Refresher();
  #collections = {};
  #timelines = new Map();
  #settled = false;
  #announced = -Infinity;
  #paused = false;

  constructor(keen) {
    this.#keen = keen;
    this.#detail = new Detail(keen);
    setText(byId("project"), keen.project);
    addEventListener("hashchange", () => this.#show());
    byId("pause").addEventListener("click", ({ currentTarget }) => {
      this.#paused = !this.#paused;
      currentTarget.setAttribute("aria-pressed", String(this.#paused));
    });
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault();
      byId("detail").focus();
    });
  }

  /** Looks once a second while the page is seen and not paused. */
  async follow() {
    for (;;) {
      if (!this.#paused && !document.hidden) await this.#look();
      await new Promise((resume) => setTimeout(resume, SECOND));
    }
  }

  async #look() {
    let status;
    try {
      status = await this.#keen.status();
    } catch {
      setText(byId("trouble"), "The sandbox does not answer. This page goes on as soon as it does.");
      return;
    }
    setText(byId("trouble"), this.#refresher.trouble);
    this.#settled = !status.backlog && JSON.stringify(status.collections) === JSON.stringify(this.#collections);
    this.#collections = status.collections;
    this.#showTotals(status.backlog);
    this.#show();
  }

  #showTotals(backlog) {
    const all = Object.values(this.#collections);
    const sum = (name) => all.reduce((total, counts) => total + counts[name], 0);
    const waiting = backlog ? `, ${counted(backlog, "message")} on the way` : "";
    const totals = `${counted(sum("events"), "event")}, ${counted(sum("dropped"), "message")} dropped${waiting}`;
    byId("empty").hidden = all.length > 0;
    byId("content").hidden = all.length === 0;
    setText(byId("totals"), totals);
    if (performance.now() > this.#announced + ANNOUNCEMENT_PAUSE) {
      this.#announced = performance.now();
      setText(byId("announcement"), totals);
    }
  }

  /** Shows what is known of the collections, and lets the rest be fetched. */
  #show() {
    const selected = this.#selected();
    if (selected === null) return;
    if (selected !== this.#detail.name) {
      this.#detail.select(selected);
      this.#detail.draw(this.#timelines.get(selected) ?? null);
      this.#refresher.hurry();
    }
    this.#list.show(this.#collections, selected);
    this.#detail.show(this.#collections[selected] ?? NOTHING);
    this.#refresher.run(this.#steps(selected));
  }

  /** The collection that the address names after its #, else the first one. */
  #selected() {
    const [first = null] = Object.keys(this.#collections);
    try {
      return decodeURIComponent(location.hash.slice(1)) || first;
    } catch {
      return first;
    }
  }

  /** The selected collection comes first. Its schema takes a look at every event, so it waits for a quiet moment. */
  #steps(selected) {
    const state = { selected, counts: this.#collections[selected] ?? NOTHING };
    const names = Object.keys(this.#collections).sort((one, other) => (other === selected) - (one === selected));
    const timelines = names.map((name) => {
      const counts = this.#collections[name];
      return { subject: `timeline of ${name}`, state: counts, work: () => this.#draw(name, counts) };
    });
    const events = { subject: "events", state, work: () => this.#detail.refresh(state.counts) };
    const schema = { subject: "schema", state, work: () => this.#detail.refreshProperties(state.counts) };
    const knowsSchema = this.#detail.schemaOf === selected;
    return [...timelines.splice(0, 1), events, ...(this.#settled || !knowsSchema ? [schema] : []), ...timelines];
  }

  async #draw(name, counts) {
    const timeline = await timelineOf(this.#keen, name, counts);
    this.#timelines.set(name, timeline);
    if (timeline) this.#list.draw(name, timeline);
    if (name === this.#detail.name) this.#detail.draw(timeline);
  }
}

try {
  new Follower(await Keen.open()).follow();
} catch (error) {
  setText(byId("trouble"), error.message);
}
