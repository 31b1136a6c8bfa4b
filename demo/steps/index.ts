/** The steps of the demo, in the order they are played. */
import type { Step } from '../step';
import { apiKey } from './api-key';
import { aws } from './aws';
import { basic } from './basic';
import { bearerToken } from './bearer-token';

export const steps: readonly Step[] = [basic, apiKey, bearerToken, aws];
