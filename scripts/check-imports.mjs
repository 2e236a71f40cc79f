// Fails on an import that points back, a cycle of files, or Node-only code that a browser would load.
import { checkImports } from './lib/imports.mjs';
import { root } from './lib/run.mjs';

const { files, problems } = checkImports(root);
for (const problem of problems) console.error(problem);
console.log(`${files} files checked, ${problems.length} import problems`);
if (problems.length > 0) process.exitCode = 1;
