import { type ClipModel, fetchVocabulary } from '@webcir/clip';
import tokenizerAddress from '@webcir/clip/assets/clip-vocabulary.txt.gz?url';
import {
  type CombinerModel,
  createTokenizer,
  Retriever,
  readClipModel,
  readCombinerModel,
  type Tokenizer,
} from 'webcir';
import { openWeights } from './fetched.ts';
import { addressOf, type Features, type Pictures } from './pack.ts';
import type { Searched } from './search.ts';

/** Models as they were read. */
export interface Models {
  readonly clip: ClipModel;
  /** As it came, or as it was tuned; without one, queries are the plain sum. */
  readonly combiner: CombinerModel | undefined;
  /** Name of the set that they came with; undefined for those that the visitor brought. */
  readonly set: string | undefined;
}

/** Models, and what searches with them. */
export interface Session extends Models, Searched {
  readonly features: Features;
}

let vocabulary: Promise<Tokenizer> | undefined;

/** CLIP's tokenizer, fetched once. */
export function tokenizer(): Promise<Tokenizer> {
  vocabulary ??= fetchVocabulary(tokenizerAddress).then(createTokenizer);
  return vocabulary;
}

/** Reads the models that come with a set. @throws Error naming the address at fault */
export async function readModels(set: string): Promise<Models> {
  const [clip, combiner] = await Promise.all(
    ['clip.safetensors', 'combiner.safetensors'].map((file) => openWeights(addressOf(set, file))),
  );
  return { clip: readClipModel(clip), combiner: readCombinerModel(combiner), set };
}

/** Loads models to search pictures whose features are there. @throws what `Retriever.load` does */
export async function openSession(
  { ids }: Pictures,
  reading: Promise<Models>,
  computed: Promise<Features>,
): Promise<Session> {
  const [models, features, words] = await Promise.all([reading, computed, tokenizer()]);
  const retriever = await Retriever.load({ ...models, tokenizer: words });
  const gallery = await retriever.restore(ids, features.images, features.fingerprint);
  return { ...models, retriever, gallery, features };
}

/** The same search with another Combiner, on the same device. The session before stays as it is. */
export async function withCombiner(session: Session, combiner: CombinerModel): Promise<Session> {
  const { device } = session.retriever;
  const retriever = await Retriever.load({ clip: session.clip, combiner, tokenizer: await tokenizer(), device });
  return { ...session, retriever, combiner };
}

/** Frees what a session has on the device. */
export async function close({ retriever, gallery }: Session): Promise<void> {
  await gallery.dispose();
  await retriever.dispose();
}
