import { openAiModels, openAiUrl } from './catalogue.ts';
import { catalogueName } from './models.ts';

/** One file at an address. */
export interface NamedFile {
  readonly url: string;
  /** Path of the file below the folder of all weights. */
  readonly path: string;
  readonly sha256?: string;
  /** Another name to pull when the address fails. */
  readonly copy?: string;
}

/** A Hugging Face repository. */
export interface NamedRepository {
  /** OWNER/REPO. */
  readonly repository: string;
  readonly revision: string;
  /** File name; looked for among the usual ones unless given. */
  readonly file?: string;
  /** Folder of its files, below the folder of all weights. */
  readonly folder: string;
}

/**
 * What the NAME of `webcir weights pull NAME` stands for: a model of OpenAI, an http(s) address, or a Hugging Face
 * repository as [hf:]OWNER/REPO[/FILE][@REVISION].
 * @throws Error saying which names there are
 */
export function parseName(given: string, sha256?: string): NamedFile | NamedRepository {
  const name = catalogueName(given);
  const model = Object.hasOwn(openAiModels, name) ? openAiModels[name] : undefined;
  if (model) {
    if (sha256 !== undefined && sha256 !== model.sha256)
      throw new Error(`--sha256 ${sha256} is not the checksum of OpenAI's ${name}, ${model.sha256}: leave it out`);
    return { url: openAiUrl(model), path: model.file, sha256: model.sha256, copy: model.copy };
  }
  if (/^https?:\/\//i.test(name)) return { url: name, path: fileOf(name), sha256 };
  const repository = parseRepository(name);
  if (repository) {
    if (sha256 !== undefined)
      throw new Error(`--sha256 goes with an address: Hugging Face says the checksums of ${name} itself; leave it out`);
    return repository;
  }
  if (/clip4cir|^(fiq|cirr)_(clip|comb)_/i.test(name))
    throw new Error(
      `${name}: CLIP4Cir's files are on Google Drive, which has no lasting address for a program. Download them in a ` +
        'browser from the links in the README of https://github.com/ABaldrati/CLIP4Cir, and go on with: ' +
        'webcir weights inspect FILE',
    );
  throw new Error(
    `${name}: no weights have this name. Expected a name that webcir models lists; a Hugging Face repository as ` +
      'OWNER/REPO[/FILE][@REVISION]; or an https:// address',
  );
}

/** Whether a name is that of a Hugging Face repository, or a file in one. */
export const isRepository = (name: string): boolean => parseRepository(name) !== undefined;

function parseRepository(name: string): NamedRepository | undefined {
  const match = /^(?:hf:)?([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:\/([^@]+))?(?:@(.+))?$/.exec(name);
  if (!match) return undefined;
  const [, repository, file, revision] = match;
  if (![...(file?.split('/') ?? []), ...(revision?.split('/') ?? [])].every(isPlainName)) return undefined;
  return {
    repository,
    revision: revision ?? 'main',
    file,
    // Another revision is another file.
    folder: revision === undefined ? repository : `${repository}@${revision.replaceAll('/', '-')}`,
  };
}

/** The address of a file in a repository, as huggingface_hub builds it. */
export const hubUrl = (endpoint: string, { repository, revision }: NamedRepository, file: string): string =>
  `${endpoint}/${repository}/resolve/` + [revision, ...file.split('/')].map(encodeURIComponent).join('/');

function fileOf(address: string): string {
  if (!URL.canParse(address)) throw new Error(`${address}: this is not an address`);
  const file = new URL(address).pathname.split('/').at(-1)!;
  if (!isPlainName(file)) throw new Error(`${address}: the address must end in the name of a file`);
  return file;
}

/** A name that stays in its folder on every system. */
const isPlainName = (name: string): boolean => /^[A-Za-z0-9_][\w.+ -]*$/.test(name);
