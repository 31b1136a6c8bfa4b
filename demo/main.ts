/** `npm run demo`: plays the story of every auth type in the terminal, against an API and a provider on this machine. */
import { startApi } from './api';
import { DemoFailure } from './failure';
import { Grapnel } from './grapnel';
import { type OwnServer, startOwnServer } from './own-server';
import { play } from './play';
import { startProvider } from './provider';
import { steps } from './steps';
import { terminal } from './terminal';

const usage = `npm run demo: one connector of each auth type, made Ready, connected and called, against an API on this machine that
checks what it is sent. For OAuth there is a provider, too, and a person who consents there; what Grapnel pushes meanwhile
is shown. What the demo makes, it deletes again.

  Without settings it starts a Grapnel of its own, in a temporary folder.

  GRAPNEL_URL       a Grapnel that runs on this machine, such as http://127.0.0.1:4000; it needs OUTBOUND_ALLOW=127.0.0.1
  GRAPNEL_API_KEY   a key to it, of the role ADMIN or OWNER
  NO_COLOR          anything: no colours; there are none where the output is not a terminal either
`;

const { GRAPNEL_URL, GRAPNEL_API_KEY, NO_COLOR } = process.env;

async function main([argument]: string[]): Promise<void> {
  if (argument === '--help' || argument === '-h') return void process.stdout.write(usage);
  if (argument !== undefined) throw new DemoFailure(`There is no argument ${argument}; see --help.`);
  if (!GRAPNEL_URL !== !GRAPNEL_API_KEY)
    throw new DemoFailure('Give both GRAPNEL_URL and GRAPNEL_API_KEY, or neither.');

  const own = GRAPNEL_URL ? undefined : await startOwnServer();
  if (own) stopOnSignal(own);
  const grapnel = new Grapnel(own?.url ?? `${GRAPNEL_URL}`, own?.key ?? `${GRAPNEL_API_KEY}`);
  const [api, provider] = await Promise.all([startApi(steps), startProvider(steps)]);
  const show = terminal(process.stdout, NO_COLOR);
  try {
    show.blank();
    show.line('Grapnel', `${grapnel.url}${own ? '  (started for this demo)' : ''}`);
    show.line('API', `${api.url}  (checks what it is sent)`);
    show.line('provider', `${provider.url}  (asks a person for consent)`);
    for (const [index, step] of steps.entries()) {
      show.blank();
      show.heading(`${index + 1}. ${step.title}`, step.about);
      await play(step, { grapnel, api, provider, show });
    }
    show.blank();
    show.say(
      `${show.good('Done.')} ${steps.length} of ${steps.length} auth types; every call was accepted, and no caller ever saw a secret.`,
    );
    show.blank();
  } finally {
    await Promise.all([api.close(), provider.close()]);
    await own?.stop();
  }
}

let isInterrupted = false;

/** A demo that is interrupted leaves no server and no folder behind. */
function stopOnSignal(own: OwnServer): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      isInterrupted = true;
      void own.stop().finally(() => process.exit(1));
    });
}

main(process.argv.slice(2)).catch((error: Error) => {
  // What was under way when the server was taken from it fails; that is no news.
  if (isInterrupted) return;
  const message = error instanceof DemoFailure ? error.message : `${error.stack}`;
  process.stderr.write(`\nThe demo failed. ${message}\n`);
  process.exitCode = 1;
});
