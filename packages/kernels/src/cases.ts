export type { CaseInput, NdArray, OpCase, OpCases } from './engine/case.ts';
export { caseValues, normal } from './engine/case.ts';
export { allCases } from './generated/cases.ts';
