/** Removes what the compiler wrote into `dist/`, so that no file of an older source stays; the playground, which is cached, stays. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), 'dist');
for (const name of existsSync(dist) ? readdirSync(dist) : [])
  if (name !== 'playground') rmSync(join(dist, name), { recursive: true, force: true });
