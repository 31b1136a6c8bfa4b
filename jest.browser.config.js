// How the browser tests run (`npm run test:browser`): as the others, with Debian's Chromium at /usr/bin/chromium.
module.exports = { ...require('./jest.config.js'), testMatch: ['**/*.browser.ts'], testTimeout: 60_000 };
