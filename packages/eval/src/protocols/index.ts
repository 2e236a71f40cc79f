import type { CirDataset } from '@webcir/data';
import { circo } from './circo.ts';
import { cirr } from './cirr.ts';
import { fashionIqOriginal, fashionIqOriginalWithoutReference, fashionIqValSplit } from './fashioniq.ts';
import { fullGallery, fullGallerySeveralTargets } from './full-gallery.ts';
import { mteb } from './mteb.ts';
import type { Protocol } from './protocol.ts';

const fashionIq = [fashionIqOriginal, fashionIqOriginalWithoutReference, fashionIqValSplit] as const;

/** The protocols that a data set can be evaluated by; the first is used unless another one is named. */
export function protocolsFor(dataset: CirDataset): readonly [Protocol, ...Protocol[]] {
  switch (dataset.name) {
    case 'fashioniq':
      return [...fashionIq, mteb];
    case 'fmnist-cir':
      return [...fashionIq, fullGallerySeveralTargets, mteb];
    case 'cirr':
    case 'emoji-cir':
      return [cirr, mteb];
    case 'circo':
      return [circo];
    default:
      return [knowsSeveralTargets(dataset) ? fullGallerySeveralTargets : fullGallery];
  }
}

const protocols = [...fashionIq, cirr, circo, mteb, fullGallery, fullGallerySeveralTargets];

/** The protocol of this name; undefined where there is none. */
export const protocolNamed = (name: string): Protocol | undefined =>
  protocols.find((protocol) => protocol.name === name);

const knowsSeveralTargets = ({ splits, triplets }: CirDataset): boolean =>
  splits.some((split) => triplets(split).some(({ targets = [] }) => targets.length > 1));
