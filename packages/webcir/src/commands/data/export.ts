import { mkdir, readdir } from 'node:fs/promises';
import { EMBEDDED_DATASETS, type EmbeddedName } from '@webcir/data';
import { openDataset, writeCirr, writeFashionIq } from '@webcir/data/node';
import { Argument, type Command } from 'commander';
import { ProgressLine } from '../../progress.ts';
import { choice } from '../options.ts';

const layouts = { fashioniq: writeFashionIq, cirr: writeCirr };
type Layout = keyof typeof layouts;

export const registerDataExport = (data: Command): Command =>
  data
    .command('export')
    .description('Writes an embedded data set as files, as the programs for FashionIQ or CIRR read them.')
    .addArgument(new Argument('<name>', 'embedded data set').choices(EMBEDDED_DATASETS))
    .argument('<folder>', 'where to: a folder that is empty, or is made')
    .addOption(
      choice(
        '--layout <name>',
        'fashioniq: both captions, .jpg; cirr: the first one, .png',
        Object.keys(layouts),
      ).makeOptionMandatory(),
    )
    .action(dataExportCommand);

async function dataExportCommand(
  name: EmbeddedName,
  folder: string,
  { layout }: { readonly layout: Layout },
): Promise<void> {
  if (name === 'emoji-cir' && layout !== 'cirr') {
    throw new Error(`${name} has one category and one caption a triplet, as CIRR has: add --layout cirr`);
  }
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty; name another folder, or empty it`);
  const dataset = await openDataset(name);
  const line = new ProgressLine('images');
  await layouts[layout](dataset, folder, {
    onProgress: (done, total) => line.update(done / total, `${done}/${total} written`),
  });
  const count = new Set(dataset.splits.flatMap((split) => dataset.gallery(split))).size;
  line.finish(`${count} images`);
  console.log(`Open it with --dataset ${layout} --data ${folder}`);
}
