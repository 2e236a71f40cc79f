import { existsSync, readdirSync, readFileSync } from 'node:fs';

const TASKS = '/proc/self/task';

/**
 * The threads of this process; none where the system does not list them. Asked before a device is opened they are
 * Node's own: a driver's threads do not say what they are.
 */
export const threads = (): string[] => (existsSync(TASKS) ? readdirSync(TASKS) : []);

/** Milliseconds that some threads have spent on a CPU; one that has ended has spent none. */
export const cpuTime = (ids: readonly string[]): number =>
  ids
    .map((id) => `${TASKS}/${id}/schedstat`)
    .filter(existsSync)
    .reduce((sum, path) => sum + Number(readFileSync(path, 'utf8').split(' ')[0]) / 1e6, 0);
