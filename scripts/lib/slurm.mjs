// Slurm for tests: a controller and one node, both this machine, with all that they have in a temporary folder.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import * as apt from './apt.mjs';
import { freePort } from './free-port.mjs';
import { run, which } from './run.mjs';

const PACKAGES = ['slurmctld', 'slurmd', 'slurm-client'];
const COMMANDS = ['slurmctld', 'slurmd', 'sbatch', 'scontrol', 'squeue', 'scancel'];
const remedy = `install Slurm (on Debian and derivatives: run this as root once; packages ${PACKAGES.join(' ')})`;

/** Milliseconds until the node must be ready. */
const PATIENCE = 20_000;

/**
 * Makes sure that Slurm's programs are there. Installs them where this is root on Debian or a derivative.
 * @param {(line: string) => void} say gets one line before something is installed
 * @returns {Promise<string>} its version
 * @throws Error that names the remedy
 */
export async function ensureSlurm(say = console.error) {
  try {
    if (missing().length > 0) {
      if (!apt.canInstall()) throw new Error(`there is no ${missing().join(', ')}`);
      await apt.updateLists();
      say(`No Slurm found: installing it (apt: ${PACKAGES.join(' ')} ${await apt.candidateVersion('slurmctld')})`);
      await apt.install(PACKAGES);
    }
    const { code, output } = await run('slurmctld', ['-V']);
    if (code !== 0) throw new Error(output.trim());
    return output.trim();
  } catch (error) {
    throw new Error(`Slurm cannot be had: ${error.message}\n  ${remedy}`, { cause: error });
  }
}

const missing = () => COMMANDS.filter((command) => !which([command]));

/**
 * Starts Slurm, in about two seconds. It ends with this process, also where that is killed.
 * @param {{ cpus?: number }} [options] tasks that run at once
 * @returns {Promise<Slurm>}
 * @throws Error that names the remedy where it cannot be had, or with what its daemons said
 */
export async function startSlurm({ cpus = 2 } = {}) {
  await ensureSlurm();
  const folder = mkdtempSync(join(tmpdir(), 'webcir-slurm-'));
  for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
  const [controller, node] = [await freePort(), await freePort()];
  writeFileSync(join(folder, 'slurm.conf'), configuration({ folder, controller, node, cpus }));
  const slurm = new Slurm(folder);
  try {
    await slurm.start();
    return slurm;
  } catch (error) {
    await slurm.stop();
    throw error;
  }
}

/** Neither munge nor cgroups nor a database: all that is written or run is this user's own. */
function configuration({ folder, controller, node, cpus }) {
  const host = hostname().split('.')[0];
  const user = userInfo().username;
  return `
ClusterName=webcir
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controller}
SlurmdPort=${node}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0
KillWait=2
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cpus}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE
`;
}

/** A Slurm that runs. */
export class Slurm {
  #folder;
  #daemons = [];

  constructor(folder) {
    this.#folder = folder;
  }

  /** What a command of Slurm's needs to find it. */
  get env() {
    return { SLURM_CONF: join(this.#folder, 'slurm.conf') };
  }

  /** What its daemons have said. */
  get log() {
    const read = (name) => readFileSync(join(this.#folder, `${name}.log`), 'utf8');
    return `${read('slurmctld')}\n${read('slurmd')}`;
  }

  async start() {
    this.#daemons = [daemon('slurmctld', ['-D', '-c'], this.env), daemon('slurmd', ['-D'], this.env)];
    const until = Date.now() + PATIENCE;
    for (;;) {
      const { output } = await run('sinfo', ['-h', '-o', '%t'], { env: this.env });
      if (output.trim() === 'idle') return;
      if (Date.now() > until) throw new Error(`Slurm's node is not ready: ${output}\n${this.log}`);
      await pause();
    }
  }

  /** Runs one of its commands. @returns what it printed @throws Error with what it said */
  async command(name, args, { cwd, env = {} } = {}) {
    const { code, output } = await run(name, args, { cwd, env: { ...env, ...this.env } });
    if (code !== 0) throw new Error(`${name} ${args.join(' ')}: ${output.trim()}`);
    return output.trim();
  }

  /** Ends all jobs and its daemons, and removes all that it had. */
  async stop() {
    await run('scancel', ['--user', userInfo().username], { env: this.env });
    // The node's daemon waits for its tasks, and they for a controller that hears of their end.
    for (const until = Date.now() + PATIENCE; Date.now() < until; await pause()) {
      const { code, output } = await run('squeue', ['-h'], { env: this.env });
      if (code !== 0 || output.trim() === '') break;
    }
    for (const { child, ended } of this.#daemons) {
      child.ref();
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
      await ended;
      clearTimeout(kill);
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

/** A process that the system ends when this one is gone. */
function daemon(command, args, env) {
  const bound = which(['setpriv']) ? ['setpriv', '--pdeathsig=TERM', command] : [command];
  const child = spawn(bound[0], [...bound.slice(1), ...args], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  const ended = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  child.unref();
  return { child, ended };
}
