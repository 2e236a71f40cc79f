// The bench of ops as a page: what is named in its address (?op=layernorm&rounds=7), or every op. It shows the table
// and also logs it line by line, for whoever drives the browser; `document.title` says when it is over.
import { benchOps } from './bench-ops.ts';

const output = document.querySelector('pre')!;

function say(text: string): void {
  output.textContent += `${text}\n`;
  console.log(text);
}

const asked = new URLSearchParams(location.search);
try {
  await benchOps(asked.getAll('op'), Number(asked.get('rounds') ?? 7), say);
  document.title = 'done';
} catch (error) {
  say(`error: ${(error as Error).message}`);
  document.title = 'failed';
}
