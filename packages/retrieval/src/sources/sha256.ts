// A module of its own, so that it is loaded when something is downloaded, and nothing else of the library is.
export { sha256 } from '@noble/hashes/sha2.js';
