/** Draws charts with Chart.js, in the colours of the style sheet, and again whenever the colour scheme changes. */

const { Chart } = window;
const SERIES = [1, 2, 3, 4, 5, 6, 7, 8];
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

/** How many series one chart can tell apart. */
export const MOST_SERIES = SERIES.length;

const shown = new Set();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const picture of shown) picture.draw();
});

/** One canvas. A chart that is shown again is changed in place, so that nothing flickers. */
export class Picture {
  #chart = null;
  #content = null;

  constructor(canvas) {
    this.canvas = canvas;
    shown.add(this);
  }

  /**
   * Shows `{kind, labels, titles, series, description}`.
   *
   * `kind` is bars, lines, ranking (bars from left to right) or spark (bars and nothing else); `series` are
   * `{name, values}`; `titles` are the labels' long forms; `description` says the chart in words.
   */
  show(content) {
    this.#content = content;
    if (content.description) this.canvas.setAttribute("aria-label", content.description);
    this.draw();
  }

  draw() {
    if (!this.#content) return;
    const { type, data, options } = configuration(this.#content, theme());
    if (this.#chart) {
      Object.assign(this.#chart, { data, options });
      this.#chart.update("none");
    } else {
      this.#chart = new Chart(this.canvas, { type, data, options });
    }
  }

  close() {
    this.#chart?.destroy();
    shown.delete(this);
  }
}

function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour("quiet"),
    line: colour("line"),
    series: SERIES.map((number) => colour(`series-${number}`)),
    font: { family: style.fontFamily, size: 12 },
  };
}

function configuration({ kind, labels, titles, series }, { text, line, series: colours, font }) {
  const spark = kind === "spark";
  const ranking = kind === "ranking";
  const whole = series.every(({ values }) => values.every((value) => value === null || Number.isInteger(value)));
  const scale = (grid) => ({
    display: !spark,
    beginAtZero: true,
    grid: { display: grid, color: line },
    border: { display: !grid, color: line },
    ticks: {
      color: text,
      font,
      maxRotation: 0,
      autoSkip: !ranking,
      autoSkipPadding: 16,
      maxTicksLimit: grid ? 6 : 12,
      precision: whole && grid ? 0 : undefined,
    },
  });
  return {
    type: kind === "lines" ? "line" : "bar",
    data: { labels, datasets: series.map((each, index) => dataset(each, index, colours[index], kind)) },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      indexAxis: ranking ? "y" : "x",
      interaction: { mode: "index", axis: ranking ? "y" : "x", intersect: false },
      events: spark ? [] : undefined,
      scales: { x: scale(ranking), y: scale(!ranking) },
      plugins: {
        legend: { display: series.length > 1, position: "bottom", labels: { color: text, font, usePointStyle: true } },
        tooltip: { enabled: !spark, callbacks: { title: ([item]) => titles?.[item.dataIndex] ?? item.label } },
      },
    },
  };
}

function dataset({ name, values }, index, colour, kind) {
  return {
    label: name,
    data: values,
    backgroundColor: colour,
    borderColor: colour,
    borderWidth: kind === "lines" ? 2 : 0,
    borderDash: DASHES[index % DASHES.length],
    pointStyle: "line",
    pointRadius: 2,
    minBarLength: kind === "spark" ? 1 : 2,
    maxBarThickness: 48,
    barPercentage: 0.9,
    categoryPercentage: 1,
  };
}
