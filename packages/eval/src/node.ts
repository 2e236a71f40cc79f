// Apart from the main entry for the size of vega, which a browser that only ranks has no use for.

export { ranksFile, ranksJson, readRanks } from './node/ranks-file.ts';
export { renderReport } from './report/report.ts';
