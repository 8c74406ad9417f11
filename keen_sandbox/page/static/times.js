/** Divides time for charts: what a histogram spans, how wide its bars are, and how a moment is labelled. All UTC. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const FIRST = Date.parse("0001-01-01T00:00:00.000Z");
const LAST = Date.parse("9999-12-31T23:59:59.999Z");
const MOST_BARS = 60;
const LEAST_BARS = 30;
const WIDTHS = [
  ["minute", MINUTE, [1, 2, 5, 10, 15, 30]],
  ["hour", HOUR, [1, 2, 3, 6, 12]],
  ["day", DAY, [1, 2]],
  ["week", 7 * DAY, [1, 2]],
  ["month", 30.5 * DAY, [1, 3, 6]],
  ["year", 365 * DAY, [1, 2, 5, 10, 20, 50, 100, 200]],
].flatMap(([unit, length, counts]) => counts.map((count) => ({ unit, count, length: count * length })));
const SHOWN = { minute: 16, hour: 16, day: 10, week: 10, month: 7, year: 4 };
const UNITS = { minutely: "minute", hourly: "hour", daily: "day", weekly: "week", monthly: "month", yearly: "year" };

/** The units of time by the name that a query's `interval` has for them. */
export const INTERVALS = Object.keys(UNITS);

/** Gives the timeframe from the first event to the last one; `first` and `last` are instants as Keen writes them. */
export function timeframeOf(first, last) {
  return { start: first, end: instant(Date.parse(last) + 1) };
}

/**
 * Gives the parameters `timeframe` and `interval` of a histogram over all events.
 *
 * It has at most 60 bars, or a few more at the edges; less than half an hour is shown as half an hour.
 */
export function histogramOf(first, last) {
  let [start, end] = [Date.parse(first), Date.parse(last) + 1];
  const missing = LEAST_BARS * MINUTE - (end - start);
  if (missing > 0) [start, end] = [start - missing / 2, end + missing / 2];
  const { unit, count, length } = WIDTHS.find((width) => width.length * MOST_BARS >= end - start) ?? WIDTHS.at(-1);
  if (length <= 2 * DAY) [start, end] = [Math.floor(start / length) * length, Math.ceil(end / length) * length];
  return { timeframe: { start: instant(start), end: instant(end) }, interval: `every_${count}_${unit}s` };
}

/** Labels the beginning of an interval, as short as the interval allows. */
export function label(start, interval) {
  const unit = UNITS[interval] ?? interval.match(/_([a-z]+?)s?$/)[1];
  return short(start, SHOWN[unit]);
}

/** Writes an instant to the second. */
export function moment(text) {
  return short(text, 19);
}

/** Writes a span of time. */
export function span({ start, end }) {
  return `${short(start, 16)} to ${short(end, 16)}`;
}

const instant = (time) => new Date(Math.min(Math.max(time, FIRST), LAST)).toISOString();
const short = (text, length) => text.slice(0, length).replace("T", " ");
