import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { CONFIGURATION_FILES } from '@webcir/clip';
import { fileSource, readShardIndex } from '@webcir/clip/node';
import { hubWeights } from './catalogue.ts';
import { type Client, createClient, DownloadError } from './client.ts';
import { type Downloaded, download, type Progress } from './download.ts';
import { hubUrl, type NamedRepository, parseName } from './names.ts';

export interface PullOptions {
  /** The folder of all weights. */
  readonly folder: string;
  readonly sha256?: string;
  /** Hugging Face, or a mirror of it. */
  readonly endpoint: string;
  readonly token?: string;
  /** Called at the start of each file. */
  follow(path: string): Progress & { finish(downloaded: Downloaded): void };
}

/**
 * Fetches published weights, and the configuration beside them where there is one.
 * @returns the path of the weights: what to load
 * @throws Error with a sentence that says what to do
 */
export async function pullWeights(name: string, options: PullOptions): Promise<string> {
  const named = parseName(name, options.sha256);
  const client = createClient(options);
  try {
    if ('repository' in named) return await pullRepository(client, named, options);
    const path = join(options.folder, named.path);
    await fetchFile(client, named, path, options, named.copy);
    return path;
  } finally {
    await client.close();
  }
}

async function pullRepository(client: Client, named: NamedRepository, options: PullOptions): Promise<string> {
  const fetchFrom = async (file: string) => {
    const path = join(options.folder, named.folder, file);
    await fetchFile(client, { url: hubUrl(options.endpoint, named, file) }, path, options);
    return path;
  };
  const candidates = hubWeights.filter((weights) => named.file === undefined || weights === named.file);
  if (candidates.length === 0) {
    const path = await fetchFrom(named.file!);
    await fetchConfiguration(posix.dirname(named.file!), fetchFrom);
    return path;
  }
  for (const weights of candidates) {
    const path = await unlessMissing(fetchFrom(weights));
    if (path === undefined) continue;
    await fetchConfiguration('.', fetchFrom);
    if (weights.endsWith('.index.json')) for (const shard of await shardsOf(path)) await fetchFrom(shard);
    return path;
  }
  throw new Error(
    `${named.repository}: at revision ${named.revision} there is no ` +
      `${candidates.join(', ')}: ` +
      'check the name, or name the file of weights as OWNER/REPO/FILE',
  );
}

/** Fetches what says how weights are used. CLIP's own tokenizer comes with webcir, SigLIP's does not. */
async function fetchConfiguration(folder: string, fetchFrom: (file: string) => Promise<string>): Promise<void> {
  let isSiglip = false;
  for (const name of CONFIGURATION_FILES) {
    const path = await unlessMissing(fetchFrom(posix.join(folder, name)));
    isSiglip ||= path !== undefined && /siglip/i.test(await readFile(path, 'utf8'));
  }
  if (isSiglip) await fetchFrom(posix.join(folder, 'tokenizer.json'));
}

/** The path, or undefined when the server says that there is no such file. */
async function unlessMissing(path: Promise<string>): Promise<string | undefined> {
  try {
    return await path;
  } catch (error) {
    if (error instanceof DownloadError && error.status === 404) return undefined;
    throw error;
  }
}

/** The files that an index names. @throws naming the index */
const shardsOf = async (index: string): Promise<Set<string>> =>
  new Set((await readShardIndex(await fileSource(index))).values());

async function fetchFile(
  client: Client,
  source: { readonly url: string; readonly sha256?: string },
  path: string,
  { follow }: PullOptions,
  copy?: string,
): Promise<void> {
  const line = follow(path);
  try {
    line.finish(await download(client, source, path, line));
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    const { message, status, unreachable } = error;
    const next = `put it at ${path}, and go on with: webcir weights inspect ${path}`;
    const advice = [
      ...(unreachable ? [`download ${source.url} where it can be reached, ${next}`] : []),
      ...(copy && (unreachable || status !== undefined)
        ? [`the same weights in another form: webcir weights pull ${copy}`]
        : []),
    ];
    throw new DownloadError([message, ...advice].join('; '), { status, unreachable, cause: error });
  }
}
