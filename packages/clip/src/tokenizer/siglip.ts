import { missingPackage } from '@webcir/kernels';
import { canonicalize } from './canonicalize.ts';
import { tokenRow } from './row.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Positions of every published SigLIP but one. */
const CONTEXT = 64;

/** What differs between the generations of SigLIP, whose tokenizers are of two kinds (`model.type`). */
interface Kind {
  readonly endOfText: string;
  readonly padding: string;
  /** What the models' own code does to a text before sentencepiece's rules, which are in the file. */
  clean(text: string): string;
}

const lowerCase = (text: string): string => text.toLowerCase();

const KINDS: Readonly<Record<string, Kind>> = {
  /** SigLIP: 32,000 tokens of English, 250,000 of all languages. */
  Unigram: { endOfText: '</s>', padding: '</s>', clean: canonicalize },
  /** SigLIP 2: Gemma's 256,000 tokens. */
  BPE: { endOfText: '<eos>', padding: '<pad>', clean: lowerCase },
};

/**
 * The tokenizer of SigLIP or SigLIP 2, from the `tokenizer.json` that comes with its weights, by
 * @huggingface/tokenizers, which is loaded when this is called.
 * @param json the content of the file, parsed
 * @throws Error when it is not the tokenizer of a SigLIP; MissingPackageError without the library
 */
export async function createSiglipTokenizer(json: unknown): Promise<Tokenizer> {
  const { model } = (json ?? {}) as { model?: { type?: string; vocab?: object } | null };
  const type = model?.type ?? 'none';
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (!kind || !model?.vocab) {
    throw new Error(
      `expected a tokenizer.json of SigLIP (Unigram) or SigLIP 2 (BPE), with a vocabulary; found a model of type ${type}.`,
    );
  }
  const { Tokenizer: JsonTokenizer } = await loadLibrary();
  const tokenizer = new JsonTokenizer(json as object, {});
  const idOf = (token: string): number => {
    const id = tokenizer.token_to_id(token);
    if (id === undefined) throw new Error(`expected the token ${token} in the vocabulary of a ${type} tokenizer.json.`);
    return id;
  };
  const vocabularySize = Object.keys(model.vocab).length;
  const frame = { endOfText: idOf(kind.endOfText), padding: idOf(kind.padding) };
  const encode = (text: string) => tokenizer.encode(kind.clean(text), { add_special_tokens: false }).ids;
  return {
    vocabularySize,
    ...frame,
    encode,
    tokenize: (text, options = {}) => tokenRow(text, encode(text), frame, { context: CONTEXT, ...options }),
    decode(ids) {
      const all = [...ids];
      for (const id of all) {
        if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) {
          throw new RangeError(`Token id ${id}: expected 0 to ${vocabularySize - 1}.`);
        }
      }
      const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
      return all.length === 0 ? '' : tokenizer.decode(all, options);
    },
  };
}

/** Half of a megabyte that only SigLIP needs, so it does not come along by itself. */
async function loadLibrary(): Promise<typeof import('@huggingface/tokenizers')> {
  try {
    return await import('@huggingface/tokenizers');
  } catch (cause) {
    throw missingPackage(cause, '@huggingface/tokenizers@0.2.0', "SigLIP's tokenizer needs @huggingface/tokenizers");
  }
}
