// A search in a page: what is on a canvas is the reference.
import tokenizer from '@webcir/clip/assets/clip-vocabulary.txt.gz?url';
import clip from '@webcir/embedded/data/fmnist-clip.safetensors?url';
import { Retriever } from 'webcir';
import { catalogue, drawn } from '../catalogue.ts';
import { find, onSearch, showFound } from '../page.ts';

const canvas = find<HTMLCanvasElement>('#reference');
const pen = canvas.getContext('2d')!;
const show = (image: CanvasImageSource) => pen.drawImage(image, 0, 0, canvas.width, canvas.height);

// Once: the models and the images to be searched.
const photos = await catalogue(60);
const retriever = await Retriever.load({ clip, tokenizer });
const gallery = await retriever.index(photos);
const [first] = photos.values();
show(drawn(first));

find<HTMLInputElement>('[type=file]').onchange = async ({ target }) => {
  const [file] = (target as HTMLInputElement).files!;
  if (file) show(await createImageBitmap(file));
};
canvas.onpointermove = ({ buttons, offsetX, offsetY }) => {
  const scale = canvas.width / canvas.clientWidth;
  if (buttons) pen.fillRect(offsetX * scale - 6, offsetY * scale - 6, 12, 12);
};
await onSearch(async (text) => {
  const found = await retriever.search(gallery, { image: canvas, text, k: 12 });
  showFound(found, photos, (id) => show(drawn(photos.get(id)!)));
});
