import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { readTextFile } from '@webcir/clip/node';
import type { Limits, Listening } from '@webcir/serve/node';
import { type Command, Option } from 'commander';
import type { Retriever } from '../../node-retriever.ts';
import { type AutotuneOption, noAutotuneOption } from '../autotune.ts';
import { addClipOptions, clipPath } from '../clip-source.ts';
import { quietly } from '../open-device.ts';
import { targetRatioOption, transformOption, wholeNumber } from '../options.ts';
import { DEFAULT_STORE } from '../store/default-store.ts';
import { placeHelp } from '../store/place.ts';
import { openRetriever, type SearchModels } from '../store/search.ts';
import { frontPageFolder } from './front-page.ts';
import { openGalleries, type Place, placeOf } from './galleries.ts';
import { openLog, type ServiceLog } from './log.ts';

interface ServeOptions extends SearchModels, AutotuneOption {
  /** false with --no-store. */
  readonly store?: readonly string[] | false;
  readonly readOnly?: boolean;
  readonly modelName?: string;
  readonly host: string;
  readonly port: number;
  readonly apiKeyFile?: string;
  readonly cors?: readonly string[];
  readonly allowImagesFrom?: readonly string[];
  readonly frontPage?: string;
  readonly batch?: number;
  readonly maxWaiting?: number;
  readonly maxBody?: number;
  readonly maxPixels?: number;
  readonly maxItems?: number;
  readonly maxK?: number;
}

const listOf = (text: string): string[] => text.split(',').map((part) => part.trim());

export function registerServe(program: Command): void {
  const command = program
    .command('serve')
    .description(
      'Serves stores over HTTP: embeddings in the shape of OpenAI, images to be stored and to be searched. ' +
        '/openapi.json describes all of it.',
    )
    .option('--store <[name=]place...>', `galleries of these names, each ${placeHelp} (default: ${DEFAULT_STORE})`)
    .option('--no-store', 'only encodes')
    .option('--read-only', 'takes no images, so that another process may write into the stores')
    .option('--port <port>', '0 for any that is free', wholeNumber(0), 8000)
    .option('--host <host>', 'what to listen on; one that others can reach needs API keys', '127.0.0.1')
    .option('--api-key-file <file>', 'API keys, one a line; WEBCIR_API_KEYS in the environment has them with commas')
    .option('--cors <origins>', 'pages that may use it: https://shop.example.com, with commas', listOf)
    .option('--allow-images-from <hosts>', 'where images may be fetched from, with commas (default: nowhere)', listOf)
    .option('--front-page <folder>', 'static files to show at / (default: the demo, in a clone where it is built)')
    .option('--model-name <name>', 'how clients name the model (default: the name of its file or run)')
    .addOption(new Option('--run <folder>', 'the run of webcir train whose models encode'))
    .option('--combiner <file>', 'a Combiner of this CLIP')
    .option('--batch <count>', 'queries that are encoded at once, at most (default: 32)', wholeNumber(1))
    .option('--max-waiting <count>', 'queries that may wait; one more gets 429 (default: 256)', wholeNumber(1))
    .option('--max-body <bytes>', 'of a request, and of an image that is fetched (default: 20,000,000)', wholeNumber(1))
    .option('--max-pixels <count>', 'of an image (default: 16,777,216)', wholeNumber(1))
    .option('--max-items <count>', 'of a request (default: 128)', wholeNumber(1))
    .option('--max-k <count>', 'images that a search finds (default: 128)', wholeNumber(1));
  addClipOptions(command)
    .addOption(transformOption())
    .addOption(targetRatioOption())
    .addOption(noAutotuneOption())
    .action(serveCommand);
}

async function serveCommand(options: ServeOptions): Promise<void> {
  const { expectKeys, listen } = await import('@webcir/serve/node');
  const places = placesOf(options);
  const keys = await keysOf(options);
  expectKeys(options.host, keys);
  const frontPage = frontPageFolder(options.frontPage);
  const log = openLog(process.stdout);
  let retriever: Retriever;
  const open = async () => {
    retriever = await quietly(() => openRetriever(options, options));
    return retriever;
  };
  const device = async () => retriever.device;
  const galleries = await openGalleries(places, { device, readOnly: options.readOnly ?? false });
  let service: Listening;
  try {
    service = await listen({
      open,
      model: await modelName(options),
      galleries,
      keys,
      host: options.host,
      port: options.port,
      origins: options.cors ?? [],
      frontPage,
      limits: limitsOf(options),
      remote: { hosts: options.allowImagesFrom ?? [] },
      onRequest: (line) => log.request(line),
      onTrouble: (message, error) => log.trouble(message, error),
    });
  } catch (error) {
    for (const { store } of galleries.values()) await store.close();
    throw error;
  }
  const shown = places.length === 0 ? 'embeddings alone' : `galleries: ${places.map(({ name }) => name).join(', ')}`;
  const { address } = service;
  log.say(`webcir serve: ${address}  (${shown}${keys.length === 0 ? '; no keys: this machine alone' : ''})`, {
    address,
  });
  await stopped(service, log);
}

/** Resolves when a signal has asked for an end, and all that was under way is done. A second signal does not wait. */
async function stopped(service: Listening, log: ServiceLog): Promise<void> {
  const signals = { SIGTERM: 15, SIGINT: 2 } as const;
  await new Promise<void>((resolve) => {
    for (const name of Object.keys(signals) as (keyof typeof signals)[]) {
      process.once(name, () => {
        process.once(name, () => process.exit(128 + signals[name]));
        resolve();
      });
    }
  });
  log.say('stopping: what is under way is finished');
  await service.close();
  log.say('stopped');
}

function placesOf({ store }: ServeOptions): readonly Place[] {
  if (store === false) return [];
  if (Array.isArray(store)) return store.map(placeOf);
  if (!existsSync(DEFAULT_STORE))
    throw new Error(
      `${DEFAULT_STORE}: there is no store here: make one with webcir index PICTURES, name others with --store, ` +
        'or do without by --no-store',
    );
  return [placeOf(DEFAULT_STORE)];
}

/** The keys of the file, and of the environment. */
async function keysOf({ apiKeyFile }: ServeOptions): Promise<string[]> {
  const { keysOf } = await import('@webcir/serve/node');
  const ofFile = apiKeyFile === undefined ? [] : keysOf(await readTextFile(apiKeyFile), apiKeyFile);
  if (apiKeyFile !== undefined && ofFile.length === 0) throw new Error(`${apiKeyFile}: holds no key`);
  return [...ofFile, ...keysOf((process.env.WEBCIR_API_KEYS ?? '').replaceAll(',', '\n'), 'WEBCIR_API_KEYS')];
}

async function modelName(options: ServeOptions): Promise<string> {
  const { modelName: given, run, clipModelName } = options;
  if (given !== undefined) return given;
  if (run !== undefined) return basename(run);
  return clipModelName ?? basename(await clipPath(options)).replace(/\.\w+$/, '');
}

function limitsOf(options: ServeOptions): Partial<Limits> {
  const { batch, maxWaiting, maxBody, maxPixels, maxItems, maxK } = options;
  const limits = { batch, waiting: maxWaiting, bodyBytes: maxBody, pixels: maxPixels, items: maxItems, k: maxK };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
