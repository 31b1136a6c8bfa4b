// Every spelling of an address that may not be called, against a canary on loopback that must never see a connection.
import { closeServers, failureOf, get, httpPeer, outbound, type Peer } from './servers';

let canary: Peer;
beforeEach(async () => {
  canary = await httpPeer((_, response) => response.end('reached'));
});
afterEach(closeServers);

// PORT stands for the port of the canary; every one of these leads to 127.0.0.1, ::1 or 0.0.0.0, or is no URL at all.
const spellings = [
  'http://127.0.0.1:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://127.255.255.254:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7F.0.0.1:PORT/',
  'http://0x7f.1:PORT/',
  'http://017700000001:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://0177.0.0.0x1:PORT/',
  'http://00000177.1:PORT/',
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://127.0.0.1:PORT?x',
  'http://127.0.0.1:PORT#x',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://１２７．０．０．１:PORT/',
  'http://127。0。0。1:PORT/',
  'http://127.0.0.\u00ad1:PORT/',
  'http://127%2e0%2e0%2e1:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST:PORT/',
  'http://ⓛocalhost:PORT/',
  'http://%6cocalhost:PORT/',
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[::]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://[::7f00:1]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[0:0:0:0:0:FFFF:7F00:0001]:PORT/',
  'http://[::ffff:0:127.0.0.1]:PORT/',
  'http://[64:ff9b::127.0.0.1]:PORT/',
  'http://[64:ff9b:1::127.0.0.1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2001:0:7f00:1::]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://[fe80::1%25lo]:PORT/',
  'http://[::1%25lo]:PORT/',
  'http://[::1%lo]:PORT/',
  'http://[fd00:ec2::254]:PORT/',
  'http://169.254.169.254:PORT/',
  'http://168.63.129.16:PORT/',
  'http://100.100.100.200:PORT/',
  'http://192.0.0.192:PORT/',
  'http://255.255.255.255:PORT/',
  'http://user@127.0.0.1:PORT/',
  'http://user:pass@127.0.0.1:PORT/',
  'http://@127.0.0.1:PORT/',
  'http://:@127.0.0.1:PORT/',
  'http://api.example.com@127.0.0.1:PORT/',
  'http://api.example.com:80@127.0.0.1:PORT/',
  'http://api.example.com\\@127.0.0.1:PORT/',
  'http://127.0.0.1:PORT\\@api.example.com/',
  'http:\\\\127.0.0.1:PORT/',
  'http://127.0.0.1:PORT\\path',
  'http:127.0.0.1:PORT/',
  'http:/127.0.0.1:PORT/',
  'http:///127.0.0.1:PORT/',
  '//127.0.0.1:PORT/',
  'http://127.0.0.1\t:PORT/',
  'http://127.0.\n0.1:PORT/',
  ' http://127.0.0.1:PORT/',
  'http://127.0.0.1:PORT/ ',
  'http://127.0.0.1:PORT/a\r\nHost: api.example.com',
  'http://127.0.0.1 :PORT/',
  'http://api.example.com%2f@127.0.0.1:PORT/',
  'http://api.example.com%40127.0.0.1:PORT/',
  'http://api.example.com%00.127.0.0.1:PORT/',
  'http://127.0.0.1%00:PORT/',
  'http://127.0.0.256:PORT/',
  'http://127.0.0.1:99999/',
  'ftp://127.0.0.1:PORT/',
  'file:///etc/passwd',
  'data:text/plain,x',
  'ws://127.0.0.1:PORT/',
  'javascript:1',
  'http://',
  '',
];

it('refuses every spelling without opening a connection', async () => {
  const door = outbound({ allow: [] });
  for (const spelling of spellings) {
    const url = spelling.replace('PORT', String(canary.port));
    const outcome = await failureOf(door.send(get(url)));
    expect([spelling, outcome.failure]).toEqual([spelling, 'TARGET_NOT_ALLOWED']);
  }
  expect(canary.sockets.length).toBe(0);

  const control = await outbound().send(get(`http://127.0.0.1:${canary.port}/`));
  expect(control.body.toString()).toBe('reached');
  expect(canary.sockets.length).toBe(1);
});

it('refuses a URL object with user-info', async () => {
  const url = new URL(`http://user:pass@127.0.0.1:${canary.port}/`);
  expect((await failureOf(outbound().send(get(url)))).failure).toBe('TARGET_NOT_ALLOWED');
  expect(canary.sockets.length).toBe(0);
});

it.each([
  'http://127.0.0.1:PORT\\path',
  'http://127.0.0.1:PORT/path\\more',
  'http:\\\\127.0.0.1:PORT/',
  'http:127.0.0.1:PORT/',
  'http:///127.0.0.1:PORT/',
  'http://@127.0.0.1:PORT/',
  'http://127.0.0.1\t:PORT/',
  'http://127.0.0.1:PORT/a\r\nHost: api.example.com',
  ' http://127.0.0.1:PORT/',
  'http://127.0.0.1:PORT/ ',
])('refuses %p, which the URL parser would repair, even where the address may be called', async (spelling) => {
  const error = await failureOf(outbound().send(get(spelling.replace('PORT', String(canary.port)))));
  expect([error.failure, error.host]).toEqual(['TARGET_NOT_ALLOWED', '']);
  expect(canary.sockets.length).toBe(0);
});

it.each([
  ['http://10.0.0.7/', 'The address 10.0.0.7 is private. Add it to OUTBOUND_ALLOW if it may be called.', '10.0.0.7'],
  [
    'http://0xa9fea9fe:81/x',
    'The address 169.254.169.254 is link-local. Add it to OUTBOUND_ALLOW if it may be called.',
    '169.254.169.254:81',
  ],
  [
    'https://[::ffff:10.0.0.7]/',
    'The address ::ffff:a00:7 is an IPv4-mapped one. Add it to OUTBOUND_ALLOW if it may be called.',
    '[::ffff:a00:7]',
  ],
])('says what is wrong with %s and how to mend it', async (url, message, host) => {
  const error = await failureOf(outbound({ allow: [] }).send(get(url)));
  expect(error).toMatchObject({ failure: 'TARGET_NOT_ALLOWED', message, host });
});

it('refuses http where https is required', async () => {
  const error = await failureOf(outbound({ requireHttps: true }).send(get(`http://127.0.0.1:${canary.port}/secret`)));
  expect(error.failure).toBe('TARGET_NOT_ALLOWED');
  expect(error.message).toBe(
    `127.0.0.1:${canary.port} may not be called by plain http because REQUIRE_HTTPS is set. Use an https URL.`,
  );
  expect(canary.sockets.length).toBe(0);
});

it('never follows a redirect', async () => {
  const location = `http://localhost:${canary.port}/next`;
  const peer = await httpPeer((_, response) => response.writeHead(307, { location }).end('moved'));
  const answer = await outbound().send(
    get(`http://127.0.0.1:${peer.port}/`, { method: 'POST', body: Buffer.from('x') }),
  );
  expect(answer.status).toBe(307);
  expect(answer.headers).toContainEqual(['location', location]);
  expect(answer.body.toString()).toBe('moved');
  expect(canary.sockets.length).toBe(0);
});

it('takes no proxy from the environment', async () => {
  const names = [
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'ALL_PROXY',
    'http_proxy',
    'https_proxy',
    'all_proxy',
    'NODE_USE_ENV_PROXY',
  ];
  const before = names.map((name) => [name, process.env[name]] as const);
  try {
    for (const name of names)
      process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${canary.port}`;
    const peer = await httpPeer((_, response) => response.end('direct'));
    expect((await outbound().send(get(`http://127.0.0.1:${peer.port}/`))).body.toString()).toBe('direct');
    expect(canary.sockets.length).toBe(0);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});
