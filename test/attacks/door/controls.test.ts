/** What is harmless is called, however odd it looks: a door that refuses everything would be safe, too. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { closeServers, get, outbound } from '../../outbound/servers';
import { expectNone } from '../../support/trust';
import { honestProvider } from '../honest-provider';
import { startTwoFaced } from '../two-faced';

afterEach(closeServers);

/** Hosts, and the addresses that they have to be called at; of names what they resolve to. */
const literals: readonly [host: string, address: string][] = [
  ['1.1.1.1', '1.1.1.1'],
  ['8.8.8.8', '8.8.8.8'],
  ['9.255.255.255', '9.255.255.255'],
  ['11.0.0.0', '11.0.0.0'],
  ['100.63.255.255', '100.63.255.255'],
  ['100.128.0.0', '100.128.0.0'],
  ['126.255.255.255', '126.255.255.255'],
  ['128.0.0.1', '128.0.0.1'],
  ['168.63.129.15', '168.63.129.15'],
  ['169.253.255.255', '169.253.255.255'],
  ['169.255.0.0', '169.255.0.0'],
  ['172.15.255.255', '172.15.255.255'],
  ['172.32.0.0', '172.32.0.0'],
  ['192.0.1.0', '192.0.1.0'],
  ['192.167.255.255', '192.167.255.255'],
  ['192.169.0.0', '192.169.0.0'],
  ['198.17.255.255', '198.17.255.255'],
  ['198.20.0.0', '198.20.0.0'],
  ['223.255.255.255', '223.255.255.255'],
  ['134744072', '8.8.8.8'],
  ['0x08080808', '8.8.8.8'],
  ['8.8.2056', '8.8.8.8'],
  ['010.010.010.010', '8.8.8.8'],
  ['８.８.８.８', '8.8.8.8'],
  ['8。8。8。8', '8.8.8.8'],
  ['[2606:4700:4700::1111]', '2606:4700:4700::1111'],
  ['[2606:4700:4700:0:0:0:0:1111]', '2606:4700:4700::1111'],
  ['[2001:4860:4860::8888]', '2001:4860:4860::8888'],
  ['[2001:4860:4860::8.8.8.8]', '2001:4860:4860::808:808'],
  ['[2A00:1450:4001::200E]', '2a00:1450:4001::200e'],
  ['[2001:200::1]', '2001:200::1'],
  ['[2003::1]', '2003::1'],
  ['[2400:cb00::1]', '2400:cb00::1'],
  ['[3ffe:ffff::1]', '3ffe:ffff::1'],
];

const names = [
  'api.example.com',
  'API.EXAMPLE.COM',
  'api.example.com.',
  'localhost.example.com',
  '127.0.0.1.example.com',
  '10.example.com',
  'metadata.example.com',
  'internal-api.example.com',
  '169-254-169-254.example.com',
  '0x7f.example.com',
  'under_score.example.com',
  'xn--bcher-kva.example',
  'bücher.example',
  'ＡＰＩ.example.com',
  'a.b.c.d.e.f.example.com',
  '1password.example.com',
  '3.example.co.uk',
  'dead.beef.example',
  `${'a'.repeat(63)}.example.com`,
  'admin.example.com',
];

const places = [
  '/%2e%2e%2f',
  '/@127.0.0.1',
  '/http://127.0.0.1/',
  '//127.0.0.1/',
  '/?url=http://169.254.169.254/',
  '/%00',
  '/a;b=c',
  '/?@[::1]',
  '/..%5c',
  '/~user',
  '/é',
];

test('public addresses and names are called, at the address they have', async () => {
  const faces = await startTwoFaced(honestProvider().server, (socket) =>
    socket.end('HTTP/1.1 204 \r\nconnection: close\r\n\r\n'),
  );
  const resolve = async () => [{ address: '93.184.215.14' }];
  const door = outbound({ allow: [], resolve });
  const refused: string[] = [];
  let tried = 0;
  const call = async (url: string, dial: string) => {
    tried += 1;
    faces.dials.length = 0;
    const outcome = await door.send(get(url)).then(
      ({ status }) => status,
      ({ message }) => message,
    );
    if (outcome !== 204 || faces.dials.join() !== dial) refused.push(`${url}: ${outcome}, ${faces.dials}`);
  };
  for (const [host, address] of literals) await call(`http://${host}:8080/`, `${address}:8080`);
  for (const name of names) await call(`http://${name}/`, '93.184.215.14:80');
  for (const place of places) await call(`http://api.example.com:1${place}`, '93.184.215.14:1');
  for (const port of [1, 22, 25, 3306, 6379, 65535])
    await call(`http://api.example.com:${port}/`, `93.184.215.14:${port}`);
  await faces.close();
  expectNone('The door out', 'harmless controls that are refused', refused, tried, 50);
});

test('over TLS, too', async () => {
  const pem = (name: string) => readFileSync(join(__dirname, '../../peers/tls', `${name}.pem`), 'utf8');
  const faces = await startTwoFaced(honestProvider().server, (socket) => {
    const secure = new TLSSocket(socket, { isServer: true, key: pem('server.key'), cert: pem('server') });
    secure.once('data', () => secure.end('HTTP/1.1 204 \r\nconnection: close\r\n\r\n'));
  });
  const door = outbound({ allow: [], ca: pem('ca'), resolve: async () => [{ address: '2606:4700:4700::1111' }] });
  expect((await door.send(get('https://api.example.test/'))).status).toBe(204);
  expect(faces.dials).toEqual(['2606:4700:4700::1111:443']);
  await faces.close();
});
