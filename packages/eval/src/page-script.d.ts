/** A module with the query `script` is its code, bundled for a page: scripts/lib/page-script.mjs makes it. */
declare module '*?script' {
  const code: string;
  export default code;
}
