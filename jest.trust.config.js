// How `npm run trust` runs the attacks and faults whole: as the others, with more time for each test.
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['**/test/attacks/**/*.test.ts', '**/test/faults/**/*.test.ts'],
  testTimeout: 1_200_000,
};
