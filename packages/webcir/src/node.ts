export { decodeImage, type ImageFolder, listImages } from '@webcir/clip/node';
export * from './index.ts';
export { type NodeRetrieverOptions, Retriever } from './node-retriever.ts';
