import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Method, type Places, type Protocol, protocolNamed, type Scoreboard } from '@webcir/eval';

/** places.json: where every answer stands, per method, category and query, for bootstraps over queries (`webcir summary`). */
export const placesFile = 'places.json';

type PlacesByMethod = Readonly<Partial<Record<Method, Readonly<Record<string, readonly Places[]>>>>>;

export interface RunPlaces {
  readonly protocol: Protocol;
  readonly methods: PlacesByMethod;
}

export function placesJson({ evaluator, rankings }: Scoreboard): string {
  const methods: PlacesByMethod = Object.fromEntries(
    [...rankings].map(([method, categories]) => [
      method,
      Object.fromEntries(categories.map(({ category, places }) => [category, places])),
    ]),
  );
  return JSON.stringify({ protocol: evaluator.protocol.name, methods });
}

/** @throws naming a run that is not finished */
export async function readPlaces(run: string): Promise<RunPlaces> {
  const file = join(run, placesFile);
  if (!existsSync(file)) throw new Error(`${file} is missing: ${run} is not the folder of a finished run`);
  const { protocol: name, methods } = JSON.parse(await readFile(file, 'utf8')) as {
    protocol?: string;
    methods: PlacesByMethod;
  };
  const protocol = protocolNamed(name ?? '');
  if (!protocol) {
    throw new Error(`${file}: expected the name of a protocol in "protocol", found ${name ?? 'none'}: train it again`);
  }
  return { protocol, methods };
}
