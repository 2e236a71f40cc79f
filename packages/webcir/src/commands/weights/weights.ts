import { type Command, Option } from 'commander';
import { activationOption } from '../options.ts';
import { convertCommand } from './convert.ts';
import { inspectCommand } from './inspect.ts';
import { registerWeightsPull } from './pull.ts';

/** The commands of `webcir weights`. */
export function registerWeights(program: Command): void {
  const weights = program
    .command('weights')
    .description(
      "Fetches, inspects and converts weights of CLIP and of the Combiner: OpenAI's, CLIP4Cir's, open_clip's, " +
        "Hugging Face's.",
    );

  weights
    .command('inspect')
    .description('Says what a weight file holds: container, names, sizes, activation. Reads its headers only.')
    .argument('<file>', '.pt, .pth, .bin, .safetensors, .safetensors.index.json, or a folder with one of these')
    .addOption(activationOption())
    .option('--tensors', 'lists every tensor with its dtype and shape')
    .action(inspectCommand);

  weights
    .command('convert')
    .description("Writes a CLIP or a Combiner anew, with OpenAI's and CLIP4Cir's names.")
    .argument('<from>', 'weights in any container and naming')
    .argument('<to>', "name.safetensors, or name.pt as CLIP4Cir's scripts read it")
    .addOption(new Option('--dtype <dtype>', 'of the values').choices(['F32', 'F16']).default('F32'))
    .addOption(
      new Option('--storage <storage>', 'int8: a quarter of the size, for searching alone; the rest is of --dtype')
        .choices(['float', 'int8'])
        .default('float'),
    )
    .addOption(activationOption())
    .action(convertCommand);
  registerWeightsPull(weights);
}
