export { decodeImage, type ImageFolder, listImages } from '@webcir/clip/node';
export { openFlatStore } from '@webcir/retrieval/node';
export * from './index.ts';
export { type NodeRetrieverOptions, Retriever } from './node-retriever.ts';
