// A search in Node, over a folder of images: node search.mjs images 'is darker'
import { listImages, Retriever } from 'webcir/node';

const [folder, text] = process.argv.slice(2);
const retriever = await Retriever.load(); // the small CLIP of @webcir/embedded; { run: 'runs/mine' } for your own
const { files } = await listImages(folder); // paths by name
const gallery = await retriever.index(files);
const found = await retriever.search(gallery, { image: gallery.ids[0], text, k: 5 });
console.table(found);
await retriever.dispose();
