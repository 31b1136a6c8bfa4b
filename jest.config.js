// How the tests run: TypeScript through swc (which keeps the decorator metadata), ESM-only packages through the same transform.
module.exports = {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // They need Postgres and Redis: `npm run test:cluster`.
  testPathIgnorePatterns: ['/node_modules/', '/test/cluster/'],
  testEnvironment: 'node',
  // Jest's five seconds are short for a test that starts servers, on a machine that has other work.
  testTimeout: 30_000,
  // Jest would leave one core idle, which on a machine of two is half of it.
  maxWorkers: '100%',
  setupFiles: ['reflect-metadata'],
  transform: {
    '^.+\\.(t|j|mj)s$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [
    '/node_modules/(?!(@graphql-yoga/subscription|@repeaterjs|graphql-sse|oauth4webapi|p-limit|yocto-queue|oidc-provider|oidc-token-hash|jose|nanoid|quick-lru|eta|koa)/)',
  ],
};
