/** Where the tests of refreshing and revoking take place: one server with a clock for all of a file, and a new provider for each. */
import { startTokenServer, type TokenServer } from '../peers/token-server';
import { clockAt } from '../support/clock';
import type { TestServer } from '../support/server';
import { startUnsweptServer } from './grants';

export const clock = clockAt('2030-01-01T00:00:00.000Z');
export let server: TestServer;
export let provider: TokenServer;

/** Has them there for every test of the file; what was mocked is restored after each. */
export function provideServers(): void {
  beforeAll(async () => {
    server = await startUnsweptServer({ now: clock.now });
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    provider = await startTokenServer();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await provider.close();
  });
}
