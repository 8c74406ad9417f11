// Records events with keen-tracking, reads them back with keen-analysis, and prints what they said as JSON.
//
// Arguments: the folder that holds node_modules, and the address and keys as JSON (host, projectId, masterKey,
// writeKey, readKey). The builds for browsers are used, because those for Node.js know no other ports than 80 and 443;
// of a browser they need no more than its global object.

const { createRequire } = require("node:module");
const { join } = require("node:path");
const { promisify } = require("node:util");

globalThis.window = globalThis.self = globalThis;
globalThis.navigator ??= {};

const [folder, project] = process.argv.slice(2);
const load = createRequire(join(folder, "package.json"));
const Tracking = load("keen-tracking/dist/keen-tracking.js").default;
const Analysis = load("keen-analysis/dist/keen-analysis.js").default;

const settings = { ...JSON.parse(project), protocol: "http" };
const sales = { eventCollection: "sales", timeframe: "this_2_days" };
const priceByItem = { ...sales, targetProperty: "price", groupBy: "item" };
const pens = [{ propertyName: "item", operator: "eq", propertyValue: "pen" }];

// keen-tracking tells of a refused event twice: to its caller, and by a promise that nobody can hold.
process.on("unhandledRejection", () => {});

async function main() {
  const tracking = new Tracking(settings);
  const record = promisify(tracking.recordEvent.bind(tracking));
  const recordMany = promisify(tracking.recordEvents.bind(tracking));
  const analysis = new Analysis(settings);
  const ask = async (type, query) => (await analysis.query(type, query)).result;
  const refusal = (refused) => refused.then(() => "accepted", (error) => error);

  return {
    single: await record("sales", { item: "pen", price: 2 }),
    bulk: await recordMany({ sales: [{ item: "pen", price: 3 }, { item: "book", price: 10.5 }] }),
    partlyRefused: await refusal(recordMany({ others: [{ fine: true }, { "with.dot": 1 }] })),
    count: await ask("count", sales),
    extraction: await ask("extraction", sales),
    sumOfPens: await ask("sum", { ...sales, targetProperty: "price", filters: pens }),
    sumByItem: await ask("sum", priceByItem),
    dearestFirst: await ask("sum", { ...priceByItem, orderBy: { propertyName: "result", direction: "DESC" }, limit: 1 }),
    countByDay: await ask("count", { ...sales, interval: "daily" }),
    unknownCollection: await refusal(ask("count", { ...sales, eventCollection: "nothing" })),
    deletion: await analysis.del({ url: analysis.url("events", "sales"), api_key: settings.masterKey, filters: pens }),
    countAfterDeletion: await ask("count", sales),
  };
}

main().then((told) => console.log(JSON.stringify(told)), (error) => {
  console.error(error);
  process.exitCode = 1;
});
