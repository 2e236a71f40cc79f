/** What queries are told apart from in training. Without any of these it is CLIP4Cir's: the other targets of the batch. */
export interface NegativeOptions {
  /**
   * What each query is told apart from, in both stages: the other targets of its batch, unless given; or all images of
   * the run (`TrainingRun.bank`), which needs a frozen image encoder.
   */
  readonly negatives?: 'batch' | 'all';
  /** The reference of each query as one more negative of it; not with `all`, which has it. */
  readonly referenceNegatives?: boolean;
  /**
   * The look-alikes of each query's group (`Triplet.group`) as more negatives of it, which needs a frozen image encoder;
   * not with `all`.
   */
  readonly groupNegatives?: boolean;
  /** Leaves out negatives that are right: other targets of the same reference and caption, and the target itself. */
  readonly maskFalseNegatives?: boolean;
  /**
   * Weight of the way back, from the target and the negated text feature to the reference; 0, none, unless given. After
   * Liu et al. 2024 (arXiv 2303.16604), who mark the text by a learned token instead.
   */
  readonly reversedWeight?: number;
}
