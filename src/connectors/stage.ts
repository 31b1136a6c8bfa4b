/** The stage rules: what a connector lets happen in DRAFT and in READY. */
import { type Problem, Refused, UserErrorCode } from '../errors';
import { type Connector, ConnectorStage } from './connector';

type Staged = Pick<Connector, 'stage'>;

/** What only a DRAFT lets change, in the words of the message. */
const onlyInDraft = {
  authConfig: 'The authentication of a connector',
  linkName: 'The link name of a connector',
  connectionFields: 'The connection fields of a connector',
} as const;

/** What is wrong with changing `what` in this stage; it is the path, too. */
export function draftProblems({ stage }: Staged, what: keyof typeof onlyInDraft): Problem[] {
  const message = `${onlyInDraft[what]} can be changed in the stage DRAFT only; this one is ${stage}. Clone it to change it.`;
  return stage === ConnectorStage.DRAFT ? [] : [wrongStage(stage, ConnectorStage.DRAFT, what, message)];
}

/** Throws `Refused` when the connector was marked Ready before. */
export function requireNotReady({ stage }: Staged): void {
  if (stage === ConnectorStage.READY)
    throw new Refused(wrongStage(stage, ConnectorStage.DRAFT, 'id', 'The connector is READY already.'));
}

/** Throws `Refused` unless the connector is READY and so takes connections. */
export function requireReady({ stage }: Staged): void {
  const message = `A connector takes connections in the stage READY only; this one is ${stage}. Mark it ready first.`;
  if (stage !== ConnectorStage.READY) throw new Refused(wrongStage(stage, ConnectorStage.READY, 'connector', message));
}

function wrongStage(stage: ConnectorStage, requiredStage: ConnectorStage, path: string, message: string): Problem {
  return { code: UserErrorCode.WRONG_STAGE, path: [path], message, facts: { stage, requiredStage } };
}
