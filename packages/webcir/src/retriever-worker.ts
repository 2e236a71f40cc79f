// The script of the worker that `loadInWorker` starts.
import { serveRetriever } from './worker/serve.ts';

serveRetriever();
