/** The answer to a query: a number, or a chart with its table. */

import { MOST_SERIES, Picture } from "./charts.js";
import { counted, element, table, written } from "./dom.js";
import { label, moment, span } from "./times.js";

const MOST_ROWS = 500;
const MOST_RANKS = 15;
const MOST_CHARACTERS = 40;

export class Answer {
  #place;
  #picture = null;

  constructor(place) {
    this.#place = place;
  }

  clear() {
    this.#picture?.close();
    this.#picture = null;
    this.#place.replaceChildren();
  }

  /** Says why there is no answer. */
  refuse(message) {
    this.clear();
    this.#place.append(element("p", { class: "refusal", role: "alert" }, message));
  }

  /**
   * Shows the result of a query in one of its three forms: alone, by group, and by interval with groups or without.
   *
   * Gives a sentence about it, to be read out.
   */
  show(analysis, parameters, result) {
    this.clear();
    const [caption, group] = [describe(analysis, parameters), parameters.group_by];
    if (!Array.isArray(result)) {
      const value = result === null ? "no value" : rounded(result);
      this.#place.append(element("p", {}, caption), element("strong", { class: "value" }, value));
      return `${caption}: ${value}`;
    }
    const isSeries = Boolean(parameters.interval);
    const { columns, rows } = isSeries ? seriesTable(result, group) : groupTable(result, group);
    const chart = isSeries ? seriesChart(result, parameters) : groupChart(result, group, analysis);
    this.#draw({ ...chart, description: `${caption}. The table below holds the numbers.` });
    const cut = rows.length > MOST_ROWS ? `; the first ${MOST_ROWS} of ${rows.length} rows` : "";
    const less = chart.left ? `; the chart leaves out the ${counted(chart.left, "smallest group")}` : "";
    const numeric = new Set([columns.length - 1]);
    const region = { class: "scroll", role: "region", "aria-label": "Answer", tabindex: "0" };
    this.#place.append(element("div", region, table(caption + cut + less, columns, rows.slice(0, MOST_ROWS), numeric)));
    return `${caption}: ${counted(rows.length, "row")}`;
  }

  #draw(content) {
    const canvas = element("canvas", { role: "img" });
    this.#place.append(element("div", { class: "chart" }, canvas));
    this.#picture = new Picture(canvas);
    this.#picture.show(content);
  }
}

function describe(analysis, { event_collection: collection, target_property: target, group_by: group, interval }) {
  const what = `${analysis.replace("_", " ")} of ${target ? `${target} in ` : ""}${collection}`;
  return [what, group && `by ${group}`, interval].filter(Boolean).join(", ");
}

function groupTable(result, group) {
  return { columns: [group, "result"], rows: result.map((row) => [written(row[group]), rounded(row.result)]) };
}

function seriesTable(result, group) {
  const columns = group ? ["from (UTC)", group, "result"] : ["from (UTC)", "result"];
  const rows = result.flatMap(({ timeframe: { start }, value }) =>
    group
      ? value.map((row) => [moment(start), written(row[group]), rounded(row.result)])
      : [[moment(start), rounded(value)]],
  );
  return { columns, rows };
}

function groupChart(result, group, analysis) {
  const ranks = [...result].sort((one, other) => number(other.result) - number(one.result)).slice(0, MOST_RANKS);
  return {
    kind: "ranking",
    left: result.length - ranks.length,
    labels: ranks.map((row) => shortened(written(row[group]))),
    series: [{ name: analysis, values: ranks.map((row) => number(row.result)) }],
  };
}

function seriesChart(result, { group_by: group, interval }) {
  const axis = {
    labels: result.map(({ timeframe }) => label(timeframe.start, interval)),
    titles: result.map(({ timeframe }) => `${span(timeframe)} UTC`),
  };
  if (!group) {
    return { ...axis, kind: "bars", series: [{ name: "result", values: result.map((part) => number(part.value)) }] };
  }
  const series = new Map();
  result.forEach(({ value }, index) => {
    for (const row of value) {
      const name = written(row[group]);
      if (!series.has(name)) series.set(name, Array(result.length).fill(null));
      series.get(name)[index] = number(row.result);
    }
  });
  const total = (values) => values.reduce((sum, value) => sum + Math.abs(value), 0);
  const largest = [...series].sort(([, one], [, other]) => total(other) - total(one)).slice(0, MOST_SERIES);
  return {
    ...axis,
    kind: "lines",
    left: series.size - largest.length,
    series: largest.map(([name, values]) => ({ name: shortened(name), values })),
  };
}

const shortened = (text) => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text);

/** Gives a value that a chart can place; a number of too many digits is rounded. */
const number = (value) => (value === null ? null : Number(value.rawJSON ?? value));

/** Writes a number without the digits that are only the error of a sum of fractions. */
const rounded = (value) => written(typeof value === "number" ? Number(value.toPrecision(15)) : value);
