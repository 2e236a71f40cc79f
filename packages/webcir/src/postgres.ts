export * from '@webcir/retrieval/postgres';
