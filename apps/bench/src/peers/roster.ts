import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Device } from '@webcir/kernels';
import { type Contestant, Unable } from './contestant.ts';
import { type Command, startPeer } from './process.ts';

/** The peers: those in `webgpuPeers` run shaders on the same adapter, the others have the processor to themselves. */
export type PeerName = 'tfjs' | 'jax-js' | 'ORT WebGPU' | 'ORT CPU' | 'usearch' | 'PyTorch';
export const webgpuPeers: readonly PeerName[] = ['tfjs', 'jax-js', 'ORT WebGPU'];

// The built bench lies in apps/bench/dist, what `pnpm bench --peers` installs and builds beside it.
const here = dirname(fileURLToPath(import.meta.url));
const built = (file: string) => join(here, '../peers/dist', file);

const commands: Readonly<Record<PeerName, (device: Device) => Command>> = {
  tfjs: () => script('tfjs'),
  'jax-js': () => script('jax'),
  'ORT WebGPU': () => script('onnxruntime', 'webgpu'),
  'ORT CPU': () => script('onnxruntime', 'cpu'),
  usearch: () => script('usearch'),
  PyTorch: (device) => ({
    name: 'PyTorch',
    file: pythonWithTorch(),
    args: [join(here, '../peers/torch_peer.py'), device.capabilities.software ? 'cpu' : 'best'],
  }),
};

export const peerNames = Object.keys(commands) as PeerName[];

/** Starts a peer. Throws Unable with the reason where it cannot be. */
export const openPeer = async (name: PeerName, device: Device): Promise<Contestant> =>
  startPeer(commands[name](device));

function script(name: string, ...args: string[]): Command {
  const file = built(`${name}.js`);
  if (!existsSync(file)) throw new Unable('it is not installed (pnpm bench --peers installs it where there is npm)');
  return { name, file: process.execPath, args: [file, ...args] };
}

/** The first Python that can import torch: the ones on PATH, and Debian's, which another Python may hide. */
function pythonWithTorch(): string {
  for (const python of ['python3', '/usr/bin/python3', 'python']) {
    try {
      execFileSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' });
      return python;
    } catch {}
  }
  throw new Unable('no python3 here can import torch and numpy');
}
