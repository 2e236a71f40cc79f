import { elementsOf, type TensorDtype } from '../dtype.ts';
import { STORAGE_CLASSES } from './pickle-symbols.ts';
import { type PickleWriter, pickleWriter } from './pickle-write.ts';

/** The facts that CLIP4Cir's `save_model` stores around the weights. */
export interface Checkpoint {
  readonly epoch: number;
  /** The key of the state dict: the model's class, `CLIP` or `Combiner`. */
  readonly className: string;
  /**
   * The version of every module by its dotted name, from `''`, in the order of `named_modules()`: the state dict's
   * `_metadata`. `load_state_dict` works without it.
   */
  readonly modules?: ReadonlyMap<string, number>;
}

/** The facts about a tensor that a pickle states. */
interface PickledTensor {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
}

/** Python's pickler sets the items of an OrderedDict in groups. */
const BATCH = 1000;

function items(writer: PickleWriter, writers: readonly (() => void)[]): void {
  for (let i = 0; i < writers.length; i += BATCH) {
    const batch = writers.slice(i, i + BATCH);
    if (batch.length > 1) writer.op('mark');
    for (const write of batch) write();
    writer.op(batch.length > 1 ? 'setItems' : 'setItem');
  }
}

function sizes(writer: PickleWriter, values: readonly number[]): void {
  if (values.length === 0) {
    writer.op('emptyTuple');
    return;
  }
  if (values.length > 3) writer.op('mark');
  for (const value of values) writer.count(value);
  writer.op((['tuple1', 'tuple2', 'tuple3'] as const)[values.length - 1] ?? 'tuple');
  writer.keep();
}

function orderedDict(writer: PickleWriter): void {
  writer.global('collections', 'OrderedDict');
  writer.op('emptyTuple', 'reduce');
  writer.keep();
}

/** `_rebuild_tensor_v2(storage, offset 0, size, stride, requires_grad False, no hooks)`. */
function tensor(writer: PickleWriter, key: string, { dtype, shape }: PickledTensor): void {
  writer.global('torch._utils', '_rebuild_tensor_v2');
  writer.op('mark', 'mark');
  writer.sharedText('storage');
  writer.global('torch', STORAGE_CLASSES[dtype]);
  writer.text(key);
  writer.sharedText('cpu');
  writer.count(elementsOf(shape));
  writer.op('tuple');
  writer.keep();
  writer.op('persistentId');
  writer.count(0);
  sizes(writer, shape);
  // PyTorch counts an empty axis as one value long.
  sizes(
    writer,
    shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * Math.max(size, 1), 1)),
  );
  writer.op('false');
  orderedDict(writer);
  writer.op('tuple');
  writer.keep();
  writer.op('reduce');
  writer.keep();
}

/** The `_metadata` of a state dict, as the object's attribute. */
function moduleVersions(writer: PickleWriter, modules: ReadonlyMap<string, number>): void {
  const version = (name: string, value: number) => () => {
    writer.text(name);
    writer.op('emptyDict');
    writer.keep();
    writer.sharedText('version');
    writer.count(value);
    writer.op('setItem');
  };
  writer.op('emptyDict');
  writer.keep();
  writer.text('_metadata');
  orderedDict(writer);
  items(
    writer,
    [...modules].map(([name, value]) => version(name, value)),
  );
  writer.op('setItem', 'build');
}

/**
 * The pickle that `torch.save` writes of a state dict, or of CLIP4Cir's `{'epoch': epoch, className: state_dict}`: the
 * same bytes. The tensors' storages are called `0`, `1`, ... in their order.
 */
export function statePickle(
  tensors: ReadonlyMap<string, PickledTensor>,
  checkpoint: Checkpoint | undefined,
): Uint8Array<ArrayBuffer> {
  const writer = pickleWriter();
  if (checkpoint) {
    writer.op('emptyDict');
    writer.keep();
    writer.op('mark');
    writer.text('epoch');
    writer.count(checkpoint.epoch);
    writer.text(checkpoint.className);
  }
  orderedDict(writer);
  items(
    writer,
    [...tensors].map(([name, entry], i) => () => {
      writer.text(name);
      tensor(writer, String(i), entry);
    }),
  );
  if (checkpoint?.modules) moduleVersions(writer, checkpoint.modules);
  if (checkpoint) writer.op('setItems');
  return writer.finish();
}
