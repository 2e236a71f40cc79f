// docs/slurm.sh, submitted as it says, to a Slurm that runs on this machine: tasks are killed and put back into the queue,
// and the joined store is that of one process.
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Slurm, startSlurm } from '../../../scripts/lib/slurm.mjs';
import { writePhotos } from './photos.ts';
import { cli, environmentIn, runIn } from './run-cli.ts';
import { expectSameImages, imagesOfStore } from './stored-images.ts';

const script = fileURLToPath(new URL('../../../docs/slurm.sh', import.meta.url));
const parts = 4;
let slurm: Slurm;
let folder: string;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  slurm = await startSlurm();
  folder = await mkdtemp(join(tmpdir(), 'webcir-slurm-photos-'));
  await writePhotos(path('photos'), 40);
  await writeFile(path('photos/cut.jpg'), 'no image');
  await copyFile(script, path('slurm.sh'));
  // As npm would install it.
  await mkdir(path('node_modules/.bin'), { recursive: true });
  await writeFile(path('node_modules/.bin/webcir'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`);
  await chmod(path('node_modules/.bin/webcir'), 0o755);
}, 600_000); // where Slurm is installed
afterAll(async () => {
  await slurm?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What Slurm says of the tasks of a job. */
async function tasks(job: string) {
  const shown = await slurm.command('scontrol', ['show', 'job', job, '--oneliner']);
  return shown.split('\n').map((line) => {
    const field = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(line)?.[1] ?? '';
    // Of the task that has the number of its array, JobId would mean them all.
    const task = field('ArrayJobId') && `${field('ArrayJobId')}_${field('ArrayTaskId')}`;
    return {
      id: field('JobId'),
      task,
      state: field('JobState'),
      restarts: Number(field('Restarts')),
      why: field('Reason'),
    };
  });
}

/** The process of a task that runs webcir, once there is one, and not what starts it; none where the task has ended. */
async function workerOf(id: string): Promise<number | undefined> {
  for (;;) {
    const listed = await slurm.command('scontrol', ['listpids', id]).catch(() => '');
    const first = /^\d+/m.exec(listed)?.[0];
    if (first === undefined) return undefined;
    for (const pid of await family(first)) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.split('\0')[1] === cli) return Number(pid);
    }
    await wait(50);
  }
}

/** A process and all that it has started. */
async function family(pid: string): Promise<string[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return [pid, ...(await Promise.all(children.trim().split(' ').filter(Boolean).map(family))).flat()];
}

it('fills a store whose tasks are killed, each image once', { timeout: 300_000 }, async () => {
  // The very lines of the script's own head, for as many tasks as are tried here.
  const [submit, submitJoin] = [...(await readFile(script, 'utf8')).matchAll(/^# {3}(.*sbatch.*)$/gm)].map(
    ([, l]) => l,
  );
  const lines = `${submit.replace('--parsable', `--parsable --array=1-${parts}`)}\necho $job\n${submitJoin}`;
  await writeFile(path('submit.sh'), lines);
  const submitted = await slurm.command('bash', ['submit.sh'], { cwd: folder, env: environmentIn(folder) });
  const [, job, joining] = /^(\d+)\nSubmitted batch job (\d+)$/.exec(submitted)!;

  let [kills, requeues] = [0, 0];
  const waiting = new Map<string, number>();
  for (const until = Date.now() + 240_000; (await tasks(joining))[0].state !== 'COMPLETED'; await wait(200)) {
    const now = await tasks(job);
    const [last] = await tasks(joining);
    const said = `${JSON.stringify([now, last])} after ${kills} kills, ${requeues} requeues`;
    expect(last.state, `${said}: ${await logs()}`).not.toMatch(/FAILED|CANCELLED/);
    expect(Date.now(), said).toBeLessThan(until);
    const running = now.filter(({ state, restarts }) => state === 'RUNNING' && restarts < 3);
    const victim = running[Math.floor(Math.random() * running.length)];
    const worker = victim && kills + requeues < 5 ? await workerOf(victim.id) : undefined;
    if (worker !== undefined) {
      // Starting takes it longer than this; where it has ended all the same, another one is the victim.
      await wait(Math.random() * 300);
      if (kills > requeues)
        await slurm.command('scontrol', ['requeue', victim.task]).then(
          () => requeues++,
          () => {},
        );
      else if (existsSync(`/proc/${worker}`)) kills += Number(process.kill(worker, 'SIGKILL'));
    }
    // Slurm lets a task wait for two minutes, so that all of its last try is gone, before it starts it again.
    for (const { task, why } of now) {
      if (why !== 'BeginTime') waiting.delete(task);
      else if (!waiting.has(task)) waiting.set(task, Date.now());
      else if (Date.now() - waiting.get(task)! > 2000)
        await slurm.command('scontrol', ['update', `JobId=${task}`, 'StartTime=now']);
    }
  }
  // Five where the machine is slow enough: on a fast one all may be done before.
  expect(kills).toBeGreaterThanOrEqual(1);
  expect(requeues).toBeGreaterThanOrEqual(1);
  expect((await tasks(job)).reduce((sum, { restarts }) => sum + restarts, 0)).toBe(kills + requeues);
  const alone = await runIn(folder, cli, 'index', 'photos', '--into', 'alone', '--skip-missing');
  expect(alone.code, alone.stderr).toBe(0);
  expectSameImages(await imagesOfStore(path('store')), await imagesOfStore(path('alone')));
  const reports = Array.from({ length: parts }, (_, i) => readFile(path(`store.unreadable.${i + 1}.jsonl`), 'utf8'));
  expect((await Promise.all(reports)).join('')).toMatch(/^{"id":"cut.jpg",.*}\n$/);

  async function logs(): Promise<string> {
    const names = [...(await tasks(job)).map((_, i) => `slurm-${job}_${i + 1}.out`), `slurm-${joining}.out`];
    return (await Promise.all(names.map((name) => readFile(path(name), 'utf8').catch(() => '')))).join('\n');
  }
});
