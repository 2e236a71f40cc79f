import { join } from 'node:path';
import { expectWritable, writeFileAtomic } from '@webcir/clip/node';
import { circoSubmission, cirrSubmission, protocolsFor, Ranker } from '@webcir/eval';
import { Argument, type Command } from 'commander';
import { autotuneFor } from '../autotune.ts';
import { incompleteNotes, splitPhrase } from '../notes.ts';
import { frozenImageFeatures } from '../session.ts';
import { warnOfCaptions } from '../texts.ts';
import { addModelOptions, type ModelOptions, openModels } from './models.ts';

interface SubmitOptions extends ModelOptions {
  readonly submissionName: string;
  readonly out?: string;
}

/** Image ids per query id, best first. */
type Found = ReadonlyMap<string, readonly string[]>;

interface Submission {
  /** The split whose answers only the evaluation server has. */
  readonly split: string;
  readonly folder: string;
  /** The files that the server takes: contents by name. */
  files(name: string, found: Found, ofGroups: Found): Readonly<Record<string, string>>;
}

const submissions: Readonly<Record<'cirr' | 'circo', Submission>> = {
  cirr: {
    split: 'test1',
    folder: 'submission/CIRR',
    files: (name, found, ofGroups) => ({
      [`recall_submission_${name}.json`]: cirrSubmission('recall', found),
      [`recall_subset_submission_${name}.json`]: cirrSubmission('recall_subset', firstOf(ofGroups, 3)),
    }),
  },
  circo: {
    split: 'test',
    folder: 'submission/CIRCO',
    files: (name, found) => ({ [`submission_${name}.json`]: circoSubmission(found) }),
  },
};

export function registerSubmit(program: Command): void {
  const command = program
    .command('submit')
    .description("Writes what an evaluation server takes (CLIP4Cir's cirr_test_submission.py).")
    .addArgument(new Argument('<dataset>').choices(Object.keys(submissions)))
    .requiredOption('--submission-name <name>', 'becomes a part of the names of the files')
    .option('--out <folder>', 'where they go (default: submission/CIRR or submission/CIRCO)');
  addModelOptions(command).action((dataset, options) => submitCommand({ ...options, dataset }));
}

/** `webcir submit`: ranks the split whose answers are secret, and writes the files. */
async function submitCommand(given: SubmitOptions & { readonly dataset: keyof typeof submissions }): Promise<void> {
  const { submissionName: name } = given;
  if (!/^[\w.-]+$/.test(name)) {
    throw new Error(`--submission-name ${name}: expected letters, digits, dots, dashes and underscores only`);
  }
  const { split, folder, files } = submissions[given.dataset];
  const out = given.out ?? folder;
  for (const file of Object.keys(files(name, new Map(), new Map()))) await expectWritable(join(out, file));
  const { session, clip, fuse, label } = await openModels(given);
  const { dataset, device } = session;
  if (!dataset.splits.includes(split)) {
    throw new Error(
      `${given.data} has no split ${split} (only ${dataset.splits.join(', ')}), which the server asks for`,
    );
  }
  const ranker = new Ranker(session, split, protocolsFor(dataset)[0]);
  warnOfCaptions(session, [split]);
  const reportAutotune = await autotuneFor(device, given);
  const features = await frozenImageFeatures(session, ranker.images, true);
  const [ranking] = await ranker.rank(features, await ranker.textFeatures(clip.weights), fuse);
  reportAutotune();
  device.close();

  const [{ triplets, gallery }] = ranker.categories;
  const idsOf = (rows: readonly ArrayLike<number>[]): Found =>
    new Map(rows.map((row, query) => [triplets[query].id, Array.from(row, (index) => gallery[index])]));
  const written = Object.entries(files(name, idsOf(ranking.rankings), idsOf(ranking.groups)));
  for (const [file, text] of written) expectAccepted(file, text);
  for (const [file, text] of written) await writeFileAtomic(join(out, file), Buffer.from(text));
  console.log(`\n${label} on ${splitPhrase(dataset, split)}: ${triplets.length} queries\n`);
  for (const [file] of written) console.log(join(out, file));
  for (const note of incompleteNotes(dataset)) console.log(note);
}

const firstOf = (found: Found, count: number): Found =>
  new Map([...found].map(([id, images]) => [id, images.slice(0, count)]));

/** @throws where the evaluation server would reject a file */
export function expectAccepted(file: string, text: string): void {
  const megabytes = Buffer.byteLength(text) / 1e6;
  if (megabytes > 5) {
    throw new Error(`${file} would have ${megabytes.toFixed(1)} MB, but the evaluation server takes no more than 5 MB`);
  }
}
