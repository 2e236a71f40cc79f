// Indexes a photo many times under other ids, as files or decoded by a generator, and prints the peak memory in bytes. It
// is a process of its own, so that its peak is, too.
import { decodeImage, Retriever } from '../dist/node.js';

const [kind, photo, count] = process.argv.slice(2);
const retriever = await Retriever.load({ autotune: false });
async function* decoded() {
  for (let i = 0; i < Number(count); i++) yield [String(i), await decodeImage(photo)];
}
const files = () => new Map(Array.from({ length: Number(count) }, (_, i) => [String(i), photo]));
await retriever.index(kind === 'files' ? files() : decoded());
console.log(1024 * process.resourceUsage().maxRSS);
await retriever.dispose();
