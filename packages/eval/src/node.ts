// Kept out of the main entry because vega is large, and a browser that only ranks has no use for it.

export { ranksFile, ranksJson, readRanks } from './node/ranks-file.ts';
export { renderReport } from './report/report.ts';
export { type NumberRow, numberRows, numbersCsv } from './study/report/files.ts';
export { type RenderedStudy, renderStudy, type ShownQuery, type StudyReport } from './study/report/page.ts';
