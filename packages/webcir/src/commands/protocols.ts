import type { CirDataset } from '@webcir/data';
import { type Protocol, protocolsFor } from '@webcir/eval';

/** The protocol of a data set that `--protocol` names: its first unless one is named. @throws naming those that there are */
export function protocolOf(dataset: CirDataset, name: string | undefined): Protocol {
  const protocols = protocolsFor(dataset);
  const protocol = name === undefined ? protocols[0] : protocols.find((candidate) => candidate.name === name);
  if (protocol) return protocol;
  const names = protocols.map((candidate) => candidate.name).join(', ');
  throw new Error(
    `--protocol ${name}: ${dataset.name} is evaluated by ${names}, or by all of them with webcir eval --protocol all`,
  );
}

/** Checks that a data set has the split that `--split` names. @throws naming those that there are */
export function expectSplit(dataset: CirDataset, split: string): void {
  if (dataset.splits.includes(split)) return;
  throw new Error(`--split ${split}: this ${dataset.name} has ${dataset.splits.join(', ')}`);
}
