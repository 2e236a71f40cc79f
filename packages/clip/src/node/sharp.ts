/**
 * Loads sharp, which decodes and encodes image files, when the first image needs it. @throws MissingPackageError
 * without it
 */
export async function loadSharp() {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    // Imported only here: a thread that decodes images has no other use for the engine.
    const { missingPackage } = await import('@webcir/kernels');
    throw missingPackage(cause, 'sharp@0.35.5', 'Node needs sharp for image files');
  }
}
