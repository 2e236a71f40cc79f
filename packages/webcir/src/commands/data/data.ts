import type { Command } from 'commander';
import { registerDataCheck } from './check.ts';
import { registerDataExport } from './export.ts';

export function registerData(program: Command): void {
  const data = program.command('data').description('Looks after data sets.');
  registerDataCheck(data);
  registerDataExport(data);
}
