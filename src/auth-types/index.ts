/** The registry of auth types: a new one is a file of its own and a line here. */
import { apiKey } from './api-key';
import type { AuthType } from './auth-type';
import { aws } from './aws';
import { basic } from './basic';
import { bearerToken } from './bearer-token';
import { oauth1 } from './oauth1';
import { oauth2 } from './oauth2';

const registered = [basic, apiKey, oauth1, oauth2, bearerToken, aws] as const;

/** The value of the `AuthType` enum. */
export type AuthTypeName = (typeof registered)[number]['name'];

/** Each auth type checks its own configuration and credentials; outside of it they are opaque. */
export const authTypes = registered as unknown as readonly AuthType[];

export function authTypeNamed(name: string): AuthType {
  const type = authTypes.find((candidate) => candidate.name === name);
  if (!type) throw new Error(`There is no auth type ${name}.`);
  return type;
}
