import { missingPackage } from '@webcir/kernels';
import type { EmbeddedName } from './embedded-sets.ts';

/** URLs of the files of a package of embedded images. */
export interface EmbeddedPackage {
  readonly images: URL;
  readonly annotations: URL;
  /** The small CLIP that was pre-trained on the training images. */
  readonly clip: URL;
}

const packages: Readonly<Record<EmbeddedName, { spec: string; holds: string; load: () => Promise<EmbeddedPackage> }>> =
  {
    'fmnist-cir': {
      spec: '@webcir/embedded@0.1.0',
      holds: 'The embedded images and their small CLIP come',
      load: () => import('@webcir/embedded'),
    },
    'emoji-cir': {
      spec: '@webcir/embedded-emoji@0.1.0',
      holds: 'The embedded emoji and their small CLIP come',
      load: () => import('@webcir/embedded-emoji'),
    },
  };

/**
 * The package of an embedded data set: `@webcir/embedded` for `fmnist-cir`, `@webcir/embedded-emoji` for `emoji-cir`.
 * @throws MissingPackageError where it is not installed
 */
export function embeddedPackage(name: EmbeddedName = 'fmnist-cir'): Promise<EmbeddedPackage> {
  const { spec, holds, load } = packages[name];
  return load().catch((cause) => {
    throw missingPackage(cause, spec, `${holds} by themselves`);
  });
}

/** The small CLIP of an embedded data set. @throws MissingPackageError where its package is not installed */
export const embeddedClip = async (name: EmbeddedName = 'fmnist-cir'): Promise<URL> =>
  (await embeddedPackage(name)).clip;
