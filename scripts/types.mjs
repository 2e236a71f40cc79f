// Writes the declarations of all public packages into their dist/types.
import { writeDeclarations } from './lib/declarations.mjs';

writeDeclarations();
