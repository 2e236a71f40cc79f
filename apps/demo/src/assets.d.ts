/** Vite's way to name a file. */
declare module '*?url' {
  const address: string;
  export default address;
}

interface ImportMeta {
  readonly env: { readonly PROD: boolean };
}
