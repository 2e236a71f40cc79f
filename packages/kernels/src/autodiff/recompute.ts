import { apply } from '../engine/op.ts';
import type { Node, Tensor } from '../graph.ts';
import { checkpointed } from '../ops/checkpoint/checkpoint.ts';

/**
 * Gives the backward pass the values of the forward pass a second time (Chen et al. 2016, arXiv 1604.06174):
 * checkpoints are kept, what lies between them is made again by clones of its nodes. Nodes run in the order of their
 * creation, so a clone that is made when the backward pass first asks for it runs just then, and a clone that in the
 * end nothing reads is not run.
 */
export class Recomputation {
  /** Checkpoints: the views that mark them, and the tensors that these are views of. */
  readonly #kept: ReadonlySet<Tensor>;
  /** The clones of the current segment, which is the nodes between two checkpoints. */
  readonly #clones = new Map<Node, readonly Tensor[]>();

  /** @param forward all nodes of the forward pass */
  constructor(forward: readonly Node[]) {
    this.#kept = new Set(
      forward.flatMap((node) => {
        const marked = checkpointed(node);
        return marked ? [marked, ...node.outputs] : [];
      }),
    );
  }

  /**
   * Call it with every node on the way back. At a checkpoint, the clones of the segment behind it are no longer needed.
   */
  enter(node: Node): void {
    if (checkpointed(node)) this.#clones.clear();
  }

  /**
   * A value of the forward pass that lives only as long as the current segment, unless it is a checkpoint or a leaf.
   */
  again(tensor: Tensor): Tensor {
    const { node, index } = tensor;
    const { source } = node;
    if (source.kind !== 'op' || this.#kept.has(tensor)) return tensor;
    let clone = this.#clones.get(node);
    if (!clone) {
      const { definition, inputs, attributes } = source;
      clone = apply(
        definition,
        inputs.map((input) => this.again(input)),
        attributes,
      );
      this.#clones.set(node, clone);
    }
    return clone[index];
  }
}
