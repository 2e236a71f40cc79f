import { missingPackage } from '@webcir/kernels';

/** URLs of the files of the package `@webcir/embedded`. */
export interface EmbeddedPackage {
  readonly images: URL;
  readonly annotations: URL;
  /** The small CLIP that was pre-trained on the training images. */
  readonly clip: URL;
}

/** The package `@webcir/embedded`. @throws MissingPackageError where it is not installed */
export const embeddedPackage = (): Promise<EmbeddedPackage> =>
  import('@webcir/embedded').catch((cause) => {
    throw missingPackage(
      cause,
      '@webcir/embedded@0.1.0',
      'The embedded images and their small CLIP come by themselves',
    );
  });
