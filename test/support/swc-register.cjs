// Lets a child process run the sources as they are, compiled as jest compiles them: node -r <this file> src/main.ts
const { transformSync } = require('@swc/core');
const { readFileSync } = require('node:fs');
const [, options] = Object.values(require('../../jest.config.js').transform)[0];

require.extensions['.ts'] = (module, filename) => {
  module._compile(transformSync(readFileSync(filename, 'utf8'), { ...options, filename, swcrc: false }).code, filename);
};
