/** The steps of the demo, in the order they are played. */
import type { Step } from '../step';
import { apiKey } from './api-key';
import { aws } from './aws';
import { basic } from './basic';
import { bearerToken } from './bearer-token';
import { oauth1 } from './oauth1';
import { oauth2 } from './oauth2';

export const steps: readonly Step[] = [basic, apiKey, bearerToken, aws, oauth2, oauth1];
