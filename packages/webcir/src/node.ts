export { decodeImage, type ImageFolder, listImages } from '@webcir/clip/node';
export {
  type OpenPostgresOptions,
  openFlatStore,
  openPglite,
  openPostgres,
  type PartialHits,
  type Shard,
  ShardError,
  type ShardedOptions,
  ShardedStore,
  type ShardFailure,
} from '@webcir/retrieval/node';
export * from './index.ts';
export { type NodeRetrieverOptions, Retriever } from './node-retriever.ts';
