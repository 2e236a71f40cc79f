export interface Slurm {
  readonly env: { readonly SLURM_CONF: string };
  readonly log: string;
  command(name: string, args: string[], options?: { cwd?: string; env?: Record<string, string> }): Promise<string>;
  stop(): Promise<void>;
}
export function ensureSlurm(say?: (line: string) => void): Promise<string>;
export function startSlurm(options?: { cpus?: number }): Promise<Slurm>;
