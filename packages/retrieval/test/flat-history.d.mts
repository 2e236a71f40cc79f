import type { FlatStore, Store, StoreModel } from '../src/index.ts';

export const model: StoreModel;
export function doWrite(store: FlatStore, n: number): Promise<void>;
export function linesAfter(count: number): string[];
export function linesOf(store: Store): Promise<string[]>;
