import type { WeightFile } from '@webcir/clip';
import { memorySource, openSafetensors } from '@webcir/clip';

/** @throws Error naming the address that did not answer */
export async function fetched(address: string): Promise<Response> {
  return expectOk(await fetch(address), address);
}

/** @throws Error naming the address, for an answer that is an error */
export function expectOk(response: Response, address: string | URL): Response {
  if (response.ok) return response;
  throw new Error(`${address}: the server answered ${response.status} ${response.statusText}`);
}

/** Opens a safetensors file of the page. */
export async function openWeights(address: string): Promise<WeightFile> {
  const bytes = new Uint8Array(await (await fetched(address)).arrayBuffer());
  return openSafetensors(memorySource(bytes, address));
}
