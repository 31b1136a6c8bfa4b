// Runs the tests of what is kept and heard on Postgres and Redis, and those of several processes; starts what does not run.
import { spawn } from 'node:child_process';
import { services } from './services.mjs';

const { databaseUrl, redisUrl, close } = await services().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
console.log(`On ${databaseUrl.replace(/:[^:@/]*@/, ':…@')} and ${redisUrl}.`);
const jest = spawn(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '-c', 'jest.cluster.config.js', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } },
);
const code = await new Promise((resolve) => jest.once('exit', (status) => resolve(status ?? 1)));
await close();
process.exit(code);
