export type { CaseInput, NdArray, OpCase, OpCases } from './engine/case.ts';
export { caseValues, dtypeOf, hostValues, normal, uniform } from './engine/case.ts';
export { allCases } from './generated/cases.ts';
