/** The address of a file, as vite gives it. */
declare module '*?url' {
  const address: string;
  export default address;
}
