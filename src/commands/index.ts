/** The commands of the program besides the server itself. */
import { auditVerify } from './audit-verify';
import { backup } from './backup';
import type { Command } from './command';
import { migrate } from './migrate';
import { move } from './move';
import { rotateKeys } from './rotate-keys';

export const commands: readonly Command[] = [auditVerify, backup, migrate, move, rotateKeys];
