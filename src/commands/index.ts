/** The commands of the program besides the server itself. */
import { backup } from './backup';
import type { Command } from './command';

export const commands: readonly Command[] = [backup];
