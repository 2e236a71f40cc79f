import type { ByteSource } from '../source.ts';
import type { WeightFile } from '../weight-file.ts';
export async function openTorch(source: ByteSource): Promise<WeightFile> {
  throw new Error(`${source.name}: not a weight file that is known`);
}
