// Asks `webcir serve` as many clients at once do, with batches and without, and says what came of it.
import { parseArgs } from 'node:util';
import { load, quantile } from './load.mjs';
import { makeStore, startService } from './service.mjs';

const USAGE = `usage: pnpm serve-load [options]
  --seconds N    of each of the two loads (60)
  --clients N    that ask at once (32)
  --requests N   instead: one load of so many requests, and the service's memory over it`;

const options = readOptions();
if (options) await main(options);
else process.exitCode = 1;

function readOptions() {
  const text = { type: 'string' };
  try {
    const { values } = parseArgs({ options: { seconds: text, clients: text, requests: text } });
    const numbers = Object.entries({ seconds: 60, clients: 32, requests: 0, ...values }).map(([name, value]) => {
      if (!Number.isInteger(Number(value))) throw new Error(`--${name}: expected a whole number, found ${value}`);
      return [name, Number(value)];
    });
    return Object.fromEntries(numbers);
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    return undefined;
  }
}

async function main({ seconds, clients, requests }) {
  const store = await makeStore();
  const pick = (list, i) => list[(i * 7919) % list.length];
  const bodyOf = (i) => ({ image: pick(store.ids, i), text: pick(store.texts, i) });
  try {
    if (requests > 0) await memoryOver(requests, store, { clients, bodyOf });
    else await batchedAndNot(seconds, store, { clients, bodyOf });
  } finally {
    store.remove();
  }
}

async function batchedAndNot(seconds, { store, ids }, { clients, bodyOf }) {
  console.log(`${clients} clients, ${seconds} s each, "image + text" over ${ids.length} images\n`);
  const rates = [];
  for (const [name, ...batch] of [['batched'], ['one at a time', '--batch', '1']]) {
    await withService([store, ...batch], async ({ address, memory }) => {
      await load({ address, clients, bodyOf, isOver: (asked) => asked >= 10 * clients }); // compiles
      const before = memory();
      const end = performance.now() + 1000 * seconds;
      rates.push(report(name, await load({ address, clients, bodyOf, isOver: () => performance.now() > end })));
      console.log(`  ${await batchesOf(address)}`);
      console.log(`  memory ${megabytes(before)} before, ${megabytes(memory())} after`);
    });
  }
  console.log(`\nbatching: ${(rates[0] / rates[1]).toFixed(1)} times the throughput`);
}

async function memoryOver(requests, { store }, { clients, bodyOf }) {
  const step = Math.ceil(requests / 20);
  await withService([store], async ({ address, memory }) => {
    const onDone = (done) => {
      if (done % step === 0) console.log(`${String(done).padStart(8)} requests  ${megabytes(memory())}`);
    };
    const isOver = (asked) => asked >= requests;
    report(`${requests} requests`, await load({ address, clients, bodyOf, onDone, isOver }));
  });
}

/** Does something with a service, and stops it whatever comes of that. */
async function withService(words, work) {
  const service = await startService(...words);
  try {
    await work(service);
  } finally {
    await service.stop();
  }
}

/** What the service says of its batches since it was started. */
async function batchesOf(address) {
  const text = await (await fetch(`${address}/metrics`)).text();
  const value = (name, work) =>
    Number(new RegExp(`^webcir_batch_${name}\\{work="${work}"\\} (.*)$`, 'm').exec(text)?.[1]);
  return ['compose', 'search']
    .map((work) => {
      const count = value('size_count', work);
      const size = (value('size_sum', work) / count).toFixed(1);
      return `${work}: ${count} batches of ${size}, ${((1000 * value('seconds_sum', work)) / count).toFixed(1)} ms each`;
    })
    .join('; ');
}

/** Prints a load's numbers. @returns answers a second */
function report(name, { milliseconds, errors, seconds }) {
  const rate = milliseconds.length / seconds;
  const at = (share) => `${quantile(milliseconds, share)?.toFixed(0)} ms`;
  const wrong = [...errors].map(([error, count]) => `${count} times ${error}`).join('; ') || 'none';
  console.log(`${name}: ${rate.toFixed(1)} searches/s, p50 ${at(0.5)}, p99 ${at(0.99)}, errors: ${wrong}`);
  if (errors.size > 0) process.exitCode = 1;
  return rate;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
