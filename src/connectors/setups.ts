/** The configuration of a connector with its secrets: opened from, and sealed into, its row. */

import { authTypeNamed } from '../auth-types';
import type { AnsweredConfig } from '../auth-types/inputs';
import type { Setup } from '../auth-types/setup';
import { type KeptSecret, presenceOf } from '../graphql/secret-presence';
import { placeIn } from '../storage/sealed-columns';
import type { Vault } from '../storage/vault';
import type { Connector } from './connector';

type Row = Pick<Connector, 'id' | 'workspaceId'>;

export class Setups {
  constructor(private readonly vault: Vault) {}

  /** The configuration and the secrets of a connector that has an auth type. Secrets are decrypted when they are asked for. */
  open(connector: Connector): Setup {
    let secrets: Setup['secrets'] | undefined;
    const open = () =>
      connector.secrets ? this.vault.open<Record<string, KeptSecret>>(connector.secrets, place(connector)) : {};
    return {
      config: connector.config ?? {},
      get secrets() {
        secrets ??= open();
        return secrets;
      },
    };
  }

  /** The columns that keep `setup` in the row of a connector. */
  seal(setup: Setup, row: Row): Pick<Connector, 'config' | 'secrets'> {
    const hasSecrets = Object.keys(setup.secrets).length > 0;
    return { config: setup.config, secrets: hasSecrets ? this.vault.seal(setup.secrets, place(row)) : null };
  }

  /** What is answered of a configuration; `null` when there is none. */
  answer(connector: Connector): AnsweredConfig | null {
    if (connector.authType === null) return null;
    const type = authTypeNamed(connector.authType);
    const { config, secrets } = this.open(connector);
    const presences = type.secretFields.map((field) => [field, presenceOf(secrets[field])]);
    return { ...config, ...type.fixed, ...Object.fromEntries(presences), authType: type.name };
  }
}

const place = (row: Row) => placeIn('connector', row);

/**
 * The configuration that an input makes of the former one (`undefined`: none, or one of another type). Secrets that are left out
 * stay, `null` removes them; everything else is as given.
 */
export function setupOf(input: object, secretFields: readonly string[], former: Setup | undefined, now: Date): Setup {
  const config: Record<string, unknown> = {};
  const secrets: Record<string, KeptSecret> = { ...former?.secrets };
  for (const [field, value] of Object.entries(input)) {
    if (!secretFields.includes(field)) config[field] = value ?? null;
    else if (value === null) delete secrets[field];
    else if (value !== undefined) secrets[field] = { value: value as string, updatedAt: now.getTime() };
  }
  return { config, secrets };
}
