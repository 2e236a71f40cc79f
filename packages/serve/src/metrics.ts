import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What Prometheus is told: a registry for each service. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;
  readonly #sizes: Histogram<'work'>;
  readonly #seconds: Histogram<'work'>;
  readonly #losses: Counter;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'webcir_request_seconds',
      help: 'Time of requests, from their headers to the end of the answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
      registers,
    });
    this.#sizes = new Histogram({
      name: 'webcir_batch_size',
      help: 'Queries, images, searches or writes that were done at once',
      labelNames: ['work'],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'webcir_batch_seconds',
      help: 'Time of a batch',
      labelNames: ['work'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
      registers,
    });
    this.#losses = new Counter({
      name: 'webcir_model_reloads_total',
      help: 'Times that the models had to be loaded anew, or could not be',
      registers,
    });
  }

  /** @param route the route, not the address: ids and mistyped addresses would each be a series of their own */
  request(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status }, seconds);
  }

  batch(work: string, size: number, seconds: number): void {
    this.#sizes.observe({ work }, size);
    this.#seconds.observe({ work }, seconds);
  }

  loss(): void {
    this.#losses.inc();
  }

  /** @param waiting how many of what wait now */
  watchQueue(waiting: () => Readonly<Record<string, number>>): void {
    new Gauge({
      name: 'webcir_waiting',
      help: 'Queries and images that wait to be encoded',
      labelNames: ['work'],
      registers: [this.#registry],
      collect() {
        for (const [work, count] of Object.entries(waiting())) this.set({ work }, count);
      },
    });
  }

  /** In Prometheus's text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}
