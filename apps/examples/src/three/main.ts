// A scene and a search on one device: what is found goes from the search to the shaders without leaving the GPU.
import tokenizer from '@webcir/clip/assets/clip-vocabulary.txt.gz?url';
import clip from '@webcir/embedded/data/fmnist-clip.safetensors?url';
import { instanceIndex, mix, positionLocal, storage, texture, uint, uniform, uv, vec2, vec3 } from 'three/tsl';
import * as THREE from 'three/webgpu';
import { Retriever, requiredFeatures, requiredLimits } from 'webcir';
import { atlasOf, catalogue } from '../catalogue.ts';
import { find, onSearch } from '../page.ts';

const [columns, rows, found] = [12, 5, 8];
const canvas = find<HTMLCanvasElement>('#scene');

// One device for both: ours is given to three.js.
const adapter = (await navigator.gpu.requestAdapter())!;
const asked = { requiredFeatures: requiredFeatures(adapter), requiredLimits: requiredLimits(adapter) };
const device = await adapter.requestDevice(asked);
const renderer = new THREE.WebGPURenderer({ canvas, device, antialias: true });
await renderer.init();
const photos = await catalogue(columns * rows);
const retriever = await Retriever.load({ clip, tokenizer, device });
const gallery = await retriever.index(photos);

// The wall: all photos as one texture.
const map = new THREE.CanvasTexture(atlasOf([...photos.values()], columns));
map.colorSpace = THREE.SRGBColorSpace;
const wall = new THREE.Mesh(new THREE.PlaneGeometry(columns, rows), new THREE.MeshBasicNodeMaterial({ map }));
wall.material.color.setScalar(0.35);

// In front of it, a quad for each image found. The shaders read its row in the gallery from where the search leaves it.
const indices = new THREE.StorageBufferAttribute(new Uint32Array(found), 1);
indices.name = 'found';
const row = storage(indices, 'uint', found).element(instanceIndex);
const cell = vec2(row.mod(uint(columns)), uint(rows - 1).sub(row.div(uint(columns)))); // of the wall, from below
const [size, flight] = [vec2(columns, rows), uniform(0)];
const onWall = vec3(cell.sub(size.sub(1).div(2)), 0.01);
const inFront = vec3(instanceIndex, 0, 0).add(vec3((1 - found) / 2, -2.5, 2));
const material = new THREE.MeshBasicNodeMaterial();
material.positionNode = positionLocal.mul(mix(1, 0.95, flight)).add(mix(onWall, inFront, flight));
material.colorNode = texture(map, cell.add(uv()).div(size));
const camera = new THREE.PerspectiveCamera(45, canvas.width / canvas.height);
camera.position.set(0, -0.7, 8.4);
const scene = new THREE.Scene().add(wall, new THREE.InstancedMesh(new THREE.PlaneGeometry(1, 1), material, found));
renderer.render(scene, camera); // makes the buffer of the attribute
const backend = renderer.backend as unknown as { get(of: object): { buffer: GPUBuffer } }; // not in @types/three
const { buffer } = backend.get(indices);

let image = gallery.ids[0];
async function search(text: string) {
  const encoder = device.createCommandEncoder();
  await retriever.encode(encoder, { gallery, query: { image, text, k: found }, indices: buffer });
  device.queue.submit([encoder.finish()]); // the first frame shows what it finds: nothing is waited for
  const start = performance.now();
  renderer.setAnimationLoop(() => {
    flight.value = Math.min((performance.now() - start) / 600, 1);
    renderer.render(scene, camera);
    if (flight.value === 1) renderer.setAnimationLoop(null);
  });
}
canvas.onclick = ({ offsetX: x, offsetY: y }) => {
  const ray = new THREE.Raycaster();
  ray.setFromCamera(new THREE.Vector2((2 * x) / canvas.clientWidth - 1, 1 - (2 * y) / canvas.clientHeight), camera);
  for (const { uv } of ray.intersectObject(wall))
    image = gallery.ids[Math.floor(uv!.x * columns) + columns * Math.floor((1 - uv!.y) * rows)];
  find<HTMLFormElement>('form').requestSubmit();
};
await onSearch(search);
