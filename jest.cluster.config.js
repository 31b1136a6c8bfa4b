// How the tests run on Postgres and Redis (`npm run test:cluster`): those that keep or hear something, and those of several processes.
const rooms = [
  'access',
  'audit',
  'authorization',
  'clients',
  'connections',
  'connectors',
  'flows',
  'graphql',
  'invoke',
  'cluster',
];

module.exports = {
  ...require('./jest.config.js'),
  testMatch: rooms.map((room) => `**/test/${room}/**/*.test.ts`),
  testTimeout: 60_000,
};
