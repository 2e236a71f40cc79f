export { decodeImage } from '@webcir/clip/node';
export * from './index.ts';
export { type NodeRetrieverOptions, Retriever } from './node-retriever.ts';
