import { DTYPE_BYTES, elementsOf } from '../dtype.ts';
import type { WeightTensor } from '../weight-file.ts';
import { quote } from './pickle-value.ts';
import { type Checkpoint, statePickle } from './state-pickle.ts';
import { type ZipContent, zipPieces } from './zip-write.ts';

/** Name that `torch.save` gives the folder in the zip when it does not write to a path. */
const FOLDER = 'archive';
/** Version of the format. */
const VERSION = '3\n';

/**
 * The pieces of a file that `torch.load` reads: an OrderedDict of tensors, or with `checkpoint` what CLIP4Cir's
 * `save_model` writes, `{'epoch': epoch, className: state_dict}`. The bytes are those that `torch.save` of PyTorch 1.13
 * writes. One tensor at a time is in memory.
 *
 * @throws Error naming the tensor that does not have the bytes of its shape
 */
export async function* torchZipPieces(
  tensors: ReadonlyMap<string, WeightTensor>,
  checkpoint?: Checkpoint,
): AsyncGenerator<Uint8Array> {
  const whole = (name: string, bytes: Uint8Array): ZipContent => ({
    name: `${FOLDER}/${name}`,
    size: bytes.length,
    read: async () => bytes,
  });
  const storages = [...tensors].map(([name, tensor], i): ZipContent => {
    const { dtype, shape } = tensor;
    const size = elementsOf(shape) * DTYPE_BYTES[dtype];
    return {
      name: `${FOLDER}/data/${i}`,
      size,
      async read() {
        const bytes = await tensor.read();
        if (bytes.length === size) return bytes;
        throw new Error(
          `tensor ${quote(name)}: ${dtype} [${shape.join(', ')}] takes ${size} bytes, found ${bytes.length}.`,
        );
      },
    };
  });
  // Sorted as text: 0, 1, 10, 11, 2.
  storages.sort((a, b) => (a.name < b.name ? -1 : 1));
  yield* zipPieces([
    whole('data.pkl', statePickle(tensors, checkpoint)),
    ...storages,
    whole('version', new TextEncoder().encode(VERSION)),
  ]);
}
