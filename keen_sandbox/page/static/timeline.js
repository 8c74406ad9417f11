/** The histogram of a collection over `keen.timestamp`: asked for, and told as a chart and in words. */

import { counted } from "./dom.js";
import { histogramOf, label, span } from "./times.js";

/** Counts the events of a collection by time; `counts` is its part of the status. Null where it holds no event. */
export async function timelineOf(keen, collection, counts) {
  if (!counts.events) return null;
  const { timeframe, interval } = histogramOf(counts.first_timestamp, counts.last_timestamp);
  const rows = await keen.query("count", { event_collection: collection, timeframe, interval });
  const values = rows.map((row) => row.value);
  const most = rows[values.indexOf(Math.max(...values))];
  const words = `Events of ${collection} by keen.timestamp, ${span(timeframe)} UTC`;
  return {
    kind: "bars",
    labels: rows.map((row) => label(row.timeframe.start, interval)),
    titles: rows.map((row) => `${span(row.timeframe)} UTC`),
    series: [{ name: "events", values }],
    description: `${words}. Most, ${counted(most.value, "event")}: ${span(most.timeframe)}.`,
  };
}
