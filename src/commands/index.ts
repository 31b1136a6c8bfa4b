/** The commands of the program besides the server itself. */
import { auditVerify } from './audit-verify';
import type { Command } from './command';

export const commands: readonly Command[] = [auditVerify];
