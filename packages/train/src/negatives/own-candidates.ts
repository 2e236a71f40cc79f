import { concat, input, l2Normalize, reshape, type Tensor } from '@webcir/kernels';
import { type FeatureTable, featureRows } from '@webcir/retrieval';
import type { Drawn } from '../examples.ts';

/** Negatives that a query has for itself: its reference, and the other images of its group. */
export interface OwnCandidates {
  /** How many each query has room for. */
  readonly count: number;
  /** [batch, count, embed], L2-normalized. */
  rows(reference: Tensor): Tensor;
  /** Values of what `rows` reads. */
  inputs(drawn: readonly Drawn[]): Readonly<Record<string, Float32Array>>;
  /** The image of each place of a query; none where its group is smaller than others. */
  images(drawn: Drawn): readonly (string | undefined)[];
}

/**
 * @param mates for how many images of its group besides reference and target a query has room
 * @param features of the images of groups; needed where there are any
 */
export function ownCandidates(reference: boolean, mates: number, features?: FeatureTable): OwnCandidates {
  const matesOf = ({ example }: Drawn): (string | undefined)[] => {
    const others = groupMates(example);
    return Array.from({ length: mates }, (_, i) => others[i]);
  };
  return {
    count: Number(reference) + mates,
    rows(tensor) {
      const [batch, dim] = tensor.shape;
      const parts = [
        ...(reference ? [reshape(tensor, [batch, 1, dim])] : []),
        ...(mates > 0 ? [input('mates', [batch, mates, dim])] : []),
      ];
      return l2Normalize(parts.length > 1 ? concat(parts, 1) : parts[0]);
    },
    inputs(drawn): Record<string, Float32Array> {
      if (mates === 0 || !features) return {};
      // What fills the places of a smaller group does not count.
      const ids = drawn.flatMap((one) => matesOf(one).map((id) => id ?? one.example.reference));
      return { mates: featureRows(features, ids) };
    },
    images: (drawn) => [...(reference ? [drawn.example.reference] : []), ...matesOf(drawn)],
  };
}

/** The images of a group besides reference and target. */
export const groupMates = ({
  reference,
  target,
  group = [],
}: Readonly<Record<'reference' | 'target', string>> & { readonly group?: readonly string[] | undefined }): string[] =>
  group.filter((image) => image !== reference && image !== target);
