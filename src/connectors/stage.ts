/** The stage rules: what a connector lets happen in DRAFT and in READY. */
import { Refused, UserErrorCode } from '../errors';
import { type Connector, ConnectorStage } from './connector';

/** What only a DRAFT lets happen, in the words of the message. */
const onlyInDraft = {
  authConfig: 'The authentication of a connector',
  linkName: 'The link name of a connector',
  connectionFields: 'The connection fields of a connector',
} as const;

export type DraftOnly = keyof typeof onlyInDraft;

/** Throws `Refused` unless the connector is a DRAFT. */
export function requireDraft({ stage }: Connector, what: DraftOnly): void {
  if (stage === ConnectorStage.DRAFT) return;
  throw new Refused({
    code: UserErrorCode.WRONG_STAGE,
    path: [what],
    message: `${onlyInDraft[what]} can be changed in the stage DRAFT only; this one is ${stage}. Clone it to change it.`,
    facts: { stage, requiredStage: ConnectorStage.DRAFT },
  });
}

/** Throws `Refused` when the connector was marked Ready before. */
export function requireNotReady({ stage }: Connector): void {
  if (stage !== ConnectorStage.READY) return;
  throw new Refused({
    code: UserErrorCode.WRONG_STAGE,
    path: ['id'],
    message: 'The connector is READY already.',
    facts: { stage, requiredStage: ConnectorStage.DRAFT },
  });
}

/** Throws `Refused` unless the connector is READY and so takes connections. */
export function requireReady({ stage }: Connector): void {
  if (stage === ConnectorStage.READY) return;
  throw new Refused({
    code: UserErrorCode.WRONG_STAGE,
    path: ['connector'],
    message: `A connector takes connections in the stage READY only; this one is ${stage}. Mark it ready first.`,
    facts: { stage, requiredStage: ConnectorStage.READY },
  });
}
