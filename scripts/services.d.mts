/** The types of `services.mjs`, for tests in TypeScript. */
export interface Service {
  readonly url: string;
  /** Starts it again, where it was and with what it keeps. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it for good. */
  close(): Promise<void>;
}

export interface RedisService extends Service {
  /** Has it stand still: its connections stay, and nothing is answered until it goes on. */
  freeze(): void;
  goOn(): void;
}

export function startPostgres(): Promise<Service>;
export function startRedis(): Promise<RedisService>;
