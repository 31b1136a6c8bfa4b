/** `grapnel migrate`: brings the database up to date before any server starts, and checks the encryption keys against it. */
import { openStore } from '../server/open-store';
import { type Command, UsageError } from './command';

export const migrate: Command = {
  name: 'migrate',
  usage: '',
  help: 'Brings the database up to date and checks the encryption keys against it, as each start of a server does: for deployments that want that done before they start servers.',
  async run(args, { config, log, print }) {
    if (args.length > 0) throw new UsageError('grapnel migrate takes no arguments.');
    const { store } = await openStore(config, log);
    await store.close();
    print('The database is up to date, and the encryption keys are those that it needs.\n');
    return true;
  },
};
