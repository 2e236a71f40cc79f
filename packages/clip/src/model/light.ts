import { tokenTable } from '../encoders/text.ts';
import { quantizeRows } from '../weights/int8.ts';
import { imageDigests } from './fingerprint.ts';
import { int8Tensor } from './light-file.ts';
import type { ClipModel, ModelTensor } from './model.ts';

/** Matrices [out, in] of dense layers: what `linear` reads in int8. */
const denseWeight =
  /(\.resblocks\.\d+\.(attn\.in_proj_weight|attn\.out_proj\.weight|mlp\.c_(fc|proj)\.weight)|^visual\.attnpool\.([qkvc]_proj|out_proj|mlp\.c_(fc|proj))\.weight)$/;

/** The row of light weights that lost the most: how far it is off, relative to its norm. */
export interface WorstRow {
  readonly tensor: string;
  readonly row: number;
  readonly error: number;
}

/**
 * Makes a model light: nearly all of its weights in int8, with a scale a row, a quarter of single precision. It searches
 * as well as before, and cannot be trained. In int8 are the matrices of dense layers, the token table and the patches of
 * a vision transformer; biases, norms, positions and projections, and the convolutions of a ResNet, stay floats.
 * @throws Error naming a tensor with a value that is not finite, or one that is in int8 already
 */
export async function lightClip(model: ClipModel): Promise<{ model: ClipModel; worst: WorstRow }> {
  const tensors = new Map<string, ModelTensor>();
  let worst: WorstRow = { tensor: '', row: 0, error: -1 };
  for (const [name, tensor] of model.tensors) {
    if (tensor.readInt8) throw new Error(`CLIP weights: ${name}: is in int8 already.`);
    const { shape } = tensor;
    if (!isReadAsBytes(name, shape, model)) {
      tensors.set(name, tensor);
      continue;
    }
    const values = await tensor.read();
    const light = quantizeRows(name, values, shape[0]);
    const width = values.length / shape[0];
    for (const [row, scale] of light.scales.entries()) {
      let [lost, all] = [0, 0];
      for (let i = row * width; i < (row + 1) * width; i++) {
        lost += (values[i] - light.values[i] * scale) ** 2;
        all += values[i] ** 2;
      }
      const error = all > 0 ? Math.sqrt(lost / all) : 0;
      if (error > worst.error) worst = { tensor: name, row, error };
    }
    tensors.set(
      name,
      int8Tensor(shape, async () => light),
    );
  }
  return { model: { ...model, tensors, madeOf: await imageDigests(model) }, worst };
}

/** Rows that are not whole words would have to be made floats at every run. */
function isReadAsBytes(name: string, [rows, ...row]: readonly number[], { config }: ClipModel): boolean {
  const isWhole = row.reduce((product, size) => product * size, 1) % 4 === 0;
  if (name === tokenTable) return isWhole;
  const isPatches = name === 'visual.conv1.weight' && config.vision.kind === 'vit';
  return (isPatches || denseWeight.test(name)) && isWhole && rows % 4 === 0;
}
