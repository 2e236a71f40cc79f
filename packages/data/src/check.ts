import type { CirDataset } from './types.ts';

export interface PictureProblem {
  id: string;
  /** The error of opening it: names the file. */
  message: string;
}

export interface SplitReport {
  split: string;
  pictures: number;
  problems: PictureProblem[];
}

/** Opens every picture of every split; dead links and pages saved as .jpg are common in FashionIQ downloads. */
export async function checkPictures(dataset: CirDataset): Promise<SplitReport[]> {
  const reports: SplitReport[] = [];
  for (const split of dataset.splits) {
    const ids = dataset.gallery(split);
    const problems: PictureProblem[] = [];
    const batch = 16;
    for (let start = 0; start < ids.length; start += batch) {
      const opened = await Promise.all(
        ids.slice(start, start + batch).map((id) =>
          dataset.picture(id).then(
            () => [],
            (error: Error) => [{ id, message: error.message }],
          ),
        ),
      );
      problems.push(...opened.flat());
    }
    reports.push({ split, pictures: ids.length, problems });
  }
  return reports;
}

/** One line per split: "val: 3 of 15,536 pictures are missing or damaged, the first: ...". */
export function describeReports(reports: SplitReport[]): string {
  return reports
    .map(({ split, pictures, problems }) => {
      const total = pictures.toLocaleString('en');
      if (!problems.length) return `${split}: all ${total} pictures open`;
      const count = problems.length.toLocaleString('en');
      return `${split}: ${count} of ${total} pictures are missing or damaged, the first: ${problems[0].message}`;
    })
    .join('\n');
}

/**
 * The data set without some pictures: they leave the galleries, and so do the triplets whose reference or target they are and
 * groups that they belong to. Results on it are not comparable with published ones.
 */
export function withoutPictures(dataset: CirDataset, ids: Iterable<string>): CirDataset {
  const gone = new Set(ids);
  const stays = (id: string) => !gone.has(id);
  return {
    ...dataset,
    gallery: (split, category) => dataset.gallery(split, category).filter(stays),
    triplets: (split, category) =>
      dataset
        .triplets(split, category)
        .filter((t) => stays(t.reference) && (t.target === undefined || stays(t.target)))
        .map(({ group, targets, ...triplet }) => ({
          ...triplet,
          ...(targets && { targets: targets.filter(stays) }),
          ...(group?.every(stays) && { group }),
        })),
  };
}
