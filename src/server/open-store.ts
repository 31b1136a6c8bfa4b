/** Opens the database together with the keys of its secrets: they are checked against each other before anything is changed. */
import { connect } from '../../ormconfig';
import type { Config } from '../config';
import type { Log } from '../log';
import { checkKeys, type KeyRules, keepListed, listKeys } from '../storage/key-check';
import { keysOfDataDir, readKeyFile } from '../storage/key-file';
import { refuseUnfinished } from '../storage/move/mark';
import { Store } from '../storage/store';
import { Vault } from '../storage/vault';

/** Connects, checks, migrates, and lists the key that seals as in use, which it has to be before it seals anything. */
export async function openStore(
  config: Config,
  log: Log,
  rules: KeyRules = {},
): Promise<{ store: Store; vault: Vault }> {
  let given = config.encryptionKeys ?? readKeyFile(config.dataDir);
  const { writer, reader } = await connect(config, async (database) => {
    await refuseUnfinished(database);
    try {
      await checkKeys(database, given ?? [], rules);
    } catch (error) {
      // One that started at the same time may have generated keys after we looked for them, and sealed with them before we looked there.
      given ??= config.encryptionKeys ?? readKeyFile(config.dataDir);
      if (!given) throw error;
      await checkKeys(database, given, rules);
    }
  });
  try {
    // Generated only where nothing was sealed before: a key that is lost has to be brought back, not replaced.
    const vault = new Vault(given ?? keysOfDataDir(config.dataDir, log));
    const store = new Store(writer, reader, keepListed(vault));
    await store.write((tx) => listKeys(tx, vault, rules));
    return { store, vault };
  } catch (error) {
    for (const source of new Set([reader, writer])) await source.destroy();
    throw error;
  }
}
