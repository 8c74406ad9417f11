/** Asks the sandbox: the same HTTP API that Keen's clients use, with the read key that only this page is told. */

const JSON_TYPE = { "Content-Type": "application/json" };

/** What the sandbox answered instead of a result; the message is for the user. */
export class Refusal extends Error {}

/** Reads JSON and keeps the digits of numbers that JavaScript cannot hold, where the browser is able to. */
export function readJson(text) {
  return JSON.parse(text, (_name, value, context) => {
    const exact = typeof value !== "number" || Number.isSafeInteger(value) || String(value) === context?.source;
    return exact || !JSON.rawJSON ? value : JSON.rawJSON(context.source);
  });
}

/** The project of the sandbox. Every method raises Refusal, or TypeError where the sandbox does not answer. */
export class Keen {
  /** Asks for the project and its read key. */
  static async open() {
    const { project_id: project, read_key: key } = await ask("/sandbox/page.json");
    return new Keen(project, key);
  }

  constructor(project, key) {
    this.project = project;
    this.key = key;
    this.path = `/3.0/projects/${encodeURIComponent(project)}`;
  }

  /** Gives the counts of every collection, and how many messages wait. */
  status() {
    return ask("/sandbox/status");
  }

  /** Gives what was dropped last in a collection, newest first. */
  dropped(collection) {
    return ask(`/sandbox/dropped?collection=${encodeURIComponent(collection)}`);
  }

  /** Gives the inferred schema of a collection: the type of every property path. */
  async properties(collection) {
    const answer = await this.#read(`/events/${encodeURIComponent(collection)}`);
    return answer.properties;
  }

  /** Gives the `result` of a query. */
  async query(analysis, parameters) {
    const body = JSON.stringify(parameters);
    const answer = await this.#read(`/queries/${analysis}`, { method: "POST", headers: JSON_TYPE, body });
    return answer.result;
  }

  /** Writes a query as a command for a shell, with the read key in a variable. */
  asCommand(analysis, parameters) {
    const lines = Object.entries(parameters).map(([name, value]) => `    "${name}": ${JSON.stringify(value)}`);
    const body = `{\n${lines.join(",\n")}\n  }`.replaceAll("'", "'\\''");
    return [
      `curl ${location.origin}${this.path}/queries/${analysis} \\`,
      `  -H "Authorization: $READ_KEY" -H 'Content-Type: application/json' \\`,
      `  -d '${body}'`,
    ].join("\n");
  }

  #read(path, { headers, ...options } = {}) {
    return ask(this.path + path, { ...options, headers: { ...headers, Authorization: this.key } });
  }
}

async function ask(path, options) {
  const response = await fetch(path, options);
  const answer = readJson(await response.text());
  if (!response.ok) throw new Refusal(answer.message);
  return answer;
}
