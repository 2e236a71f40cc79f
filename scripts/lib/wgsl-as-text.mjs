/** A plugin of vite: a module `*.wgsl` is its text, as esbuild's text loader has it. */
export const wgslAsText = {
  name: 'wgsl-as-text',
  transform: (code, id) => (id.endsWith('.wgsl') ? `export default ${JSON.stringify(code)};` : undefined),
};
