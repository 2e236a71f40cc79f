// Where the weights of a CLIP are that a visitor names.
import { expect, it } from 'vitest';
import { weightsAddress } from '../src/own/models.ts';

it.each([
  ['BAAI/BGE-VL-base', 'https://huggingface.co/BAAI/BGE-VL-base/resolve/main/model.safetensors'],
  [' https://a.example/x/clip.safetensors ', 'https://a.example/x/clip.safetensors'],
  ['https://a.example/clip.safetensors?download=true', 'https://a.example/clip.safetensors?download=true'],
])('%s is at %s', (said, address) => {
  expect(weightsAddress(said)).toBe(address);
});

it.each(['', 'BGE', 'a/b/c', 'ftp://a.example/clip.safetensors', 'https://a.example/clip.pt', '../x'])(
  '%j is refused',
  (said) => {
    expect(() => weightsAddress(said)).toThrow('Expected a Hugging Face repository');
  },
);
