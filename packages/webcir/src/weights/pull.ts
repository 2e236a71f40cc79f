import { join } from 'node:path';
import { fileSource, readShardIndex } from '@webcir/clip/node';
import { hubLayouts } from './catalogue.ts';
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
  const layouts = named.file === undefined ? hubLayouts : hubLayouts.filter(({ weights }) => weights === named.file);
  if (layouts.length === 0) return fetchFrom(named.file!);
  for (const { weights, config } of layouts) {
    const path = await unlessMissing(fetchFrom(weights));
    if (path === undefined) continue;
    await unlessMissing(fetchFrom(config));
    if (weights.endsWith('.index.json')) for (const shard of await shardsOf(path)) await fetchFrom(shard);
    return path;
  }
  throw new Error(
    `${named.repository}: at revision ${named.revision} there is no ` +
      `${layouts.map(({ weights }) => weights).join(', ')}: ` +
      'check the name, or name the file of weights as OWNER/REPO/FILE',
  );
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
