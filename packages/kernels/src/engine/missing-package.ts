/** A package that only some users need is not installed. The message says what to type. */
export class MissingPackageError extends Error {
  override name = 'MissingPackageError';
  /** Argument for `npm install`, for instance 'webgpu@0.6.2'. */
  readonly install: string;

  constructor(reason: string, install: string, options?: ErrorOptions) {
    super(`${reason}: npm install ${install}`, options);
    this.install = install;
  }
}

/**
 * The error to throw when the import of an optional peer dependency failed.
 * @param cause what the import threw
 * @param install name and version as npm takes them
 * @param reason who needs the package for what
 * @returns a MissingPackageError if the package is not installed; `cause` if it is installed but broken
 */
export function missingPackage(cause: unknown, install: string, reason: string): unknown {
  const { code, message } = cause as Error & { code?: string };
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${packageName(install)}'`);
  return isMissing ? new MissingPackageError(reason, install, { cause }) : cause;
}

/** 'webgpu' of 'webgpu@0.6.2'. */
export const packageName = (install: string): string => install.slice(0, install.lastIndexOf('@'));
