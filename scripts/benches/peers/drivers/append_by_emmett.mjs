// Appends events by Emmett: `node append_by_emmett.mjs FOLDER TASK`. FOLDER has its node_modules, TASK is that of peers/peer.py.
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";

const [folder, text] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { STREAM_DOES_NOT_EXIST } = require("@event-driven-io/emmett");
const { getPostgreSQLEventStore } = require("@event-driven-io/emmett-postgresql");
const pg = require("pg");

const WARM_UP_MILLISECONDS = 300;
const task = JSON.parse(text);
const pool = new pg.Pool({ connectionString: task.address, max: task.clients });
const store = getPostgreSQLEventStore(task.address, { connectionOptions: { pooled: true, pool } });
await store.schema.migrate();

// One client: stream after stream, each append with the version that the one before it returned.
async function work(until, latencies) {
  let stream, version;
  let began = performance.now();
  for (let n = 0; began < until; n++) {
    if (n % task.stream_events === 0) {
      stream = `project-${randomUUID()}`;
      version = STREAM_DOES_NOT_EXIST;
    }
    const options = { expectedStreamVersion: version };
    const result = await store.appendToStream(stream, [{ type: task.type, data: task.event }], options);
    version = result.nextExpectedStreamVersion;
    const ended = performance.now();
    latencies.push((ended - began) / 1000);
    began = ended;
  }
}

async function crowd(milliseconds) {
  const latencies = [];
  const began = performance.now();
  await Promise.all(Array.from({ length: task.clients }, () => work(began + milliseconds, latencies)));
  return { seconds: (performance.now() - began) / 1000, latencies };
}

await crowd(WARM_UP_MILLISECONDS);
const measured = await crowd(task.seconds * 1000);
await store.close();
await pool.end();
process.stdout.write(JSON.stringify(measured));
