// Clients that ask one search after the other.
import { Agent, request } from 'node:http';

/**
 * @param {{ address: string, clients: number, isOver: (done: number) => boolean, bodyOf: (i: number) => object,
 *   onDone?: (done: number) => void }} options
 * @returns {Promise<{ milliseconds: number[], errors: Map<string, number>, seconds: number }>} the times of the answers
 *   that were right, and how often each error came
 */
export async function load({ address, clients, isOver, bodyOf, onDone = () => {} }) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const milliseconds = [];
  const errors = new Map();
  let [asked, done] = [0, 0];
  const started = performance.now();
  const client = async () => {
    while (!isOver(asked)) {
      const body = JSON.stringify(bodyOf(asked++));
      const before = performance.now();
      const problem = await post(`${address}/v1/galleries/store/search`, body, agent).then(problemOf, String);
      if (problem === undefined) milliseconds.push(performance.now() - before);
      else errors.set(problem, (errors.get(problem) ?? 0) + 1);
      onDone(++done);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return { milliseconds, errors, seconds: (performance.now() - started) / 1000 };
}

function post(url, body, agent) {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(pieces).toString() }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const problemOf = ({ status, text }) => {
  if (status !== 200) return `${status} ${text.slice(0, 100)}`;
  return JSON.parse(text).data.length === 10 ? undefined : 'not 10 images found';
};

/** The value that a share of the others does not exceed. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
