import type { RequestLine } from '@webcir/serve/node';
import pc from 'picocolors';

/** What a service says while it runs: lines for a reader on a terminal, lines of JSON for a program elsewhere. */
export interface ServiceLog {
  /** @param fields what a program looks for, besides the message */
  say(message: string, fields?: Readonly<Record<string, unknown>>): void;
  trouble(message: string, error: unknown): void;
  request(line: RequestLine): void;
}

export const openLog = (stream: NodeJS.WriteStream): ServiceLog =>
  stream.isTTY ? terminalLog(stream) : jsonLog(stream);

function jsonLog(stream: NodeJS.WriteStream): ServiceLog {
  const write = (level: string, fields: object) =>
    stream.write(`${JSON.stringify({ time: new Date().toISOString(), level, ...fields })}\n`);
  return {
    say: (message, fields) => write('info', { message, ...fields }),
    trouble: (message, error) => write('error', { message, error: stackOf(error) }),
    request: ({ error, milliseconds, ...line }) =>
      write(error ? 'error' : 'info', {
        ...line,
        milliseconds: Math.round(10 * milliseconds) / 10,
        ...(error && { error: stackOf(error) }),
      }),
  };
}

function terminalLog(stream: NodeJS.WriteStream): ServiceLog {
  const write = (line: string) => stream.write(`${line}\n`);
  return {
    say: (message) => write(message),
    trouble: (message, error) => write(`${pc.red(message)}\n${stackOf(error)}`),
    request({ method, path, status, milliseconds, id, error }) {
      const colour = status < 400 ? pc.green : status < 500 ? pc.yellow : pc.red;
      write(`${colour(String(status))} ${method} ${path}  ${milliseconds.toFixed(1)} ms  ${pc.dim(id)}`);
      if (error) write(stackOf(error));
    },
  };
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
