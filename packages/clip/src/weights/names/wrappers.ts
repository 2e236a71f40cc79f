import type { WeightTensor } from '../weight-file.ts';

type Tensors = ReadonlyMap<string, WeightTensor>;

/**
 * Tensors that some files hold beside the weights: counters of BatchNorm and of averaged models, buffers that follow
 * from the sizes, and the sizes themselves in OpenAI's archives.
 */
const NO_WEIGHT =
  /(^|\.)(num_batches_tracked|position_ids|attn_mask)$|^(input_resolution|context_length|vocab_size|n_averaged)$/;

/** What PyTorch puts between the names of a module that it compiles, shards or checkpoints, at any depth. */
const INNER = /(^|\.)(?:(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.)+/;

/** First parts of names that belong to a model. A file of these alone is a part of one, and not wrapped. */
const OWN = /^(visual|text|transformer|text_model|vision_model|dynamic_scalar)\./;

/**
 * The weights of a file by the names that they have in the model itself: without what wrappers put before them (`module.`
 * of DistributedDataParallel, `_orig_mod.` of torch.compile, `model.` or `clip_model.` of a script's own class), and
 * without counters. A prefix goes if all names have it.
 * @throws naming a tensor that the file then has twice
 */
export function withoutWrappers(tensors: Tensors): Map<string, WeightTensor> {
  let names = [...tensors.keys()].filter((name) => !NO_WEIGHT.test(name));
  const kept = names;
  names = names.map((name) => name.replace(INNER, '$1'));
  for (let prefix = sharedPrefix(names); prefix; prefix = sharedPrefix(names)) {
    const { length } = prefix;
    names = names.map((name) => name.slice(length));
  }
  const weights = new Map<string, WeightTensor>();
  for (const [i, name] of names.entries()) {
    if (weights.has(name)) throw new Error(`expected one tensor ${name}, found it twice: once as ${kept[i]}.`);
    if (!NO_WEIGHT.test(name)) weights.set(name, tensors.get(kept[i])!);
  }
  return weights;
}

/** `model.` where all of several names begin with it. */
function sharedPrefix(names: readonly string[]): string | undefined {
  const prefix = /^[^.]+\./.exec(names[0] ?? '')?.[0];
  const isShared = names.length > 1 && prefix !== undefined && !OWN.test(prefix);
  return isShared && names.every((name) => name.startsWith(prefix)) ? prefix : undefined;
}

/** A few names of a file, for errors that say what else it holds. */
export function someNames(names: Iterable<string>): string {
  const all = [...names];
  return `${all.slice(0, 3).join(', ')}${all.length > 3 ? ', …' : ''}`;
}
