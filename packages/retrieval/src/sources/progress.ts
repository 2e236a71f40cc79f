/** How far a download is. */
export interface DownloadProgress {
  readonly address: string;
  /** Bytes that are there. */
  readonly loaded: number;
  /** Bytes in all, where the server says so. */
  readonly total: number | undefined;
}

/** Hears how far a download is. */
export type OnDownload = (progress: DownloadProgress) => void;

/** Milliseconds between two reports. */
const PAUSE = 100;

/** Reports the first progress, the last, and some between: chunks come by the hundreds a second. */
export function reporter(onProgress: OnDownload | undefined): OnDownload {
  let reported = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (progress.loaded !== progress.total && now - reported < PAUSE) return;
    reported = now;
    onProgress?.(progress);
  };
}
