import { existsSync, statSync } from 'node:fs';
import { decodeImage, openClipModel, openTokenizer } from '@webcir/clip/node';
import type { Device } from '@webcir/kernels';
import type { Filter, StoreHit, StoreQuery } from '@webcir/retrieval';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Retriever } from '../../node-retriever.ts';
import { type AutotuneOption, autotuneFor, noAutotuneOption } from '../autotune.ts';
import { addClipOptions, type ClipSource, clipPath } from '../clip-source.ts';
import { openCommandDevice } from '../open-device.ts';
import { numberBetween, targetRatioOption, transformOption, truncateOption, wholeNumber } from '../options.ts';
import { chosenPreprocessing, type EncoderOptions } from '../session.ts';
import { openStore } from './open-store.ts';
import { placeHelp } from './place.ts';

/** The models that search, as options name them. */
export interface SearchModels extends EncoderOptions, ClipSource {
  readonly run?: string;
  readonly combiner?: string;
}

interface SearchOptions extends SearchModels, AutotuneOption {
  readonly image?: readonly string[];
  readonly text?: string;
  readonly k: number;
  readonly offset: number;
  readonly minScore?: number;
  readonly filter?: Filter;
  readonly exclude?: readonly string[];
  readonly distinct?: number;
  readonly json?: boolean;
}

export function registerSearch(program: Command): void {
  const command = program
    .command('search')
    .description('Finds the images of a store that fit "this image, but …".')
    .argument('<store>', `what webcir index makes: ${placeHelp}`)
    .option('--image <image...>', 'the reference, or several: a file, or the id of an image in the store')
    .option('--text <text>', 'how the wanted image differs, or by itself what it shows')
    .option('-k <count>', 'how many images to find, 128 at most', wholeNumber(1), 10)
    .option('--offset <count>', 'how many of the best to pass over, for the next page', wholeNumber(0), 0)
    .option('--min-score <score>', 'the least cosine similarity', numberBetween(-1, 1))
    .option('--filter <json>', 'what the metadata must be like: {"bytes": {"lt": 100000}}', parseFilter)
    .option('--exclude <id...>', 'ids that are not to be found')
    .option('--distinct <score>', 'leaves out what is this similar to a better one', numberBetween(-1, 1))
    .option('--json', 'prints a line of JSON for each image')
    .addOption(new Option('--run <folder>', 'the run of webcir train whose models search'))
    .option('--combiner <file>', 'a Combiner of this CLIP');
  addClipOptions(command)
    .addOption(transformOption())
    .addOption(targetRatioOption())
    .addOption(truncateOption())
    .addOption(noAutotuneOption())
    .action((store, options) => searchCommand(store, options));
}

async function searchCommand(place: string, options: SearchOptions): Promise<void> {
  const device = await openCommandDevice();
  const store = await openStore(place, { device, readOnly: true });
  try {
    const reportAutotune = await autotuneFor(device, options);
    const retriever = await openRetriever({ device }, options);
    const hits = await retriever.searchStore(store, await queryOf(options));
    await retriever.dispose();
    for (const [i, hit] of hits.entries()) console.log(lineOf(hit, options.offset + i + 1, options));
    if (hits.length === 0 && !options.json) console.log('Nothing fits.');
    if (!options.json) reportAutotune();
  } finally {
    await store.close();
    device.close();
  }
}

/** @param on the device; or whether kernels are timed on one that the retriever opens, and opens again when it is lost */
export async function openRetriever(
  on: { readonly device: Device } | AutotuneOption,
  options: SearchModels,
): Promise<Retriever> {
  const { run, combiner } = options;
  if (run !== undefined) return Retriever.load({ run, ...on });
  const path = await clipPath(options);
  const clip = await openClipModel(path, options.activation);
  const tokenizer = await openTokenizer(path, clip);
  const preprocessing = chosenPreprocessing(options, clip);
  return Retriever.load({ clip, tokenizer, preprocessing, ...on, ...(combiner !== undefined && { combiner }) });
}

async function queryOf(options: SearchOptions): Promise<StoreQuery> {
  const { image = [], text, k, offset, minScore, filter, exclude, distinct, truncate } = options;
  return {
    image: await Promise.all(image.map(imageOf)),
    text,
    k,
    offset,
    minScore,
    filter,
    exclude,
    distinct,
    truncate,
  };
}

/** A file where there is one of that name; the id of an image otherwise. */
const imageOf = async (name: string) => (existsSync(name) && statSync(name).isFile() ? decodeImage(name) : name);

const lineOf = ({ id, score, metadata }: StoreHit, rank: number, { json }: SearchOptions): string =>
  json ? JSON.stringify({ rank, id, score, metadata }) : `${String(rank).padStart(3)}  ${score.toFixed(4)}  ${id}`;

function parseFilter(text: string): Filter {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`expected JSON: ${(error as Error).message}.`);
  }
}
