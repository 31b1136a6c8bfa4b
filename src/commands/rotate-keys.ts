/** `grapnel rotate-keys`: encrypts all secrets with the first key, so that the others can be removed. */
import { openStore } from '../server/open-store';
import { type Rotated, Rotation } from '../storage/rotation';
import { type Command, UsageError } from './command';

/** How often the log tells how far it is, in milliseconds. */
const PERIOD = 5000;

const number = (count: number) => count.toLocaleString('en-US');
const quoted = (ids: readonly string[]) => ids.map((id) => `"${id}"`).join(', ');

export const rotateKeys: Command = {
  name: 'rotate-keys',
  usage: '[--stopped]',
  help: 'Encrypts all secrets with the first of ENCRYPTION_KEYS, so that the others can be removed. Servers go on working meanwhile, if all were started with that key first; --stopped says that none is running.',
  async run(args, { config, log, print }) {
    if (args.some((arg) => arg !== '--stopped') || args.length > 1)
      throw new UsageError('grapnel rotate-keys takes no arguments but --stopped.');
    const { store, vault } = await openStore(config, log, { mayLack: true, mustBeListed: args.length === 0 });
    try {
      let toldAt = performance.now();
      const rotation = new Rotation(store, vault, log, (done, total) => {
        if (performance.now() - toldAt < PERIOD) return;
        toldAt = performance.now();
        log.info({ done, total }, 'Encrypting secrets anew');
      });
      const rotated = await rotation.run();
      const { count, freed, needed, left } = rotated;
      log[left > 0 ? 'error' : 'info']({ count, freed, needed, left }, 'Encrypted secrets anew');
      print(inWords(rotated, vault.sealingKey));
      return left === 0;
    } finally {
      await store.close();
    }
  },
};

function inWords({ count, freed, needed, left }: Rotated, sealingKey: string): string {
  const done = `${number(count)} secrets were encrypted anew with the key "${sealingKey}".\n`;
  const free = freed.length > 0 ? `Nothing needs these keys any more, they can be removed: ${quoted(freed)}.\n` : '';
  if (left > 0)
    return `${done}${free}${number(left)} secrets are still encrypted with other keys: ${quoted(needed)}. Either that key is missing here: bring it back. Or a server encrypts with it: put "${sealingKey}" first there, and restart it. Or the secrets are damaged: the log names them. Then run this again.\n`;
  return `${done}${free}`;
}
