/** Vite's way to name a file. */
declare module '*?url' {
  const address: string;
  export default address;
}
