export interface PostgresServer {
  readonly port: number;
  readonly url: string;
  readonly log: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export function startPostgres(
  count?: number,
  options?: { host?: string; namespace?: string; settings?: Record<string, string> },
): Promise<PostgresServer[]>;
