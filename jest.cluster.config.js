// How the tests run on Postgres and Redis (`npm run test:cluster`): those that keep or hear something, and those of several processes.
const base = require('./jest.config.js');

const rooms = [
  'access',
  'audit',
  'authorization',
  'clients',
  'cluster',
  'connections',
  'connectors',
  'events',
  'flows',
  'graphql',
  'invoke',
];

module.exports = {
  ...base,
  // What ends in .postgres.ts needs Postgres to be tested at all.
  testMatch: [...rooms.map((room) => `**/test/${room}/**/*.test.ts`), '**/*.postgres.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  setupFiles: [...base.setupFiles, '<rootDir>/test/support/conflicts.ts'],
  testTimeout: 60_000,
};
