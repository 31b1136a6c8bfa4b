/** Without the settings of traces, nothing of the SDK of OpenTelemetry is loaded. (Of its API prom-client loads a part.) */
import { execFileSync } from 'node:child_process';
import { root } from '../support/sources';

test('the SDK is loaded when traces are asked for, and not otherwise', () => {
  const program = `
    const { createTelemetry } = require('./src/telemetry');
    const isOfSdk = (file) => /@opentelemetry.(sdk|otlp|resources|context)/.test(file) || /telemetry.otlp-/.test(file);
    const loaded = () => Object.keys(require.cache).filter(isOfSdk).length;
    const before = (createTelemetry(undefined), loaded());
    const settings = { endpoint: new URL('http://127.0.0.1:9'), headers: [], serviceName: 'x', sampler: 'always_on' };
    createTelemetry(settings);
    console.log(JSON.stringify([before, loaded() > 10]));
    process.exit();`;
  const output = execFileSync(process.execPath, ['-r', './test/support/swc-register.cjs', '-e', program], {
    cwd: root,
  });
  expect(JSON.parse(`${output}`)).toEqual([0, true]);
}, 20_000);
