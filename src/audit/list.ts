/** Reading the audit log: the filter, and what it means. */
import { Field, ID, InputType } from 'type-graphql';
import { type EntityManager, In } from 'typeorm';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import { isKeepable } from '../rules/text';
import { readPage } from '../storage/paging';
import { AuditAction } from './action';
import { AuditEvent } from './audit-event';

@InputType({ description: 'Which entries of the audit log to list; every part given must hold.' })
export class AuditEventFilter {
  @Field(() => ID, { nullable: true, description: 'What this key, or this session token, did.' })
  actorId?: string | null;

  @Field(() => [AuditAction], { nullable: true, description: 'Deeds of these kinds.' })
  actions?: AuditAction[] | null;

  @Field(() => ID, { nullable: true, description: 'What was done to this thing.' })
  subjectId?: string | null;

  @Field(() => Date, { nullable: true, description: 'What was done then or later.' })
  from?: Date | null;

  @Field(() => Date, { nullable: true, description: 'What was done before then.' })
  to?: Date | null;
}

export function listAuditEvents(
  manager: EntityManager,
  workspaceId: string,
  { actorId, actions, subjectId, from, to }: AuditEventFilter,
  args: PageArgs,
): Promise<Page<AuditEvent>> {
  const query = manager.createQueryBuilder(AuditEvent, 'item').where({ workspaceId });
  if (![actorId ?? '', subjectId ?? ''].every(isKeepable)) return readPage(query.andWhere('1 = 0'), pageRequest(args));
  if (actorId != null) query.andWhere({ actorId });
  if (actions != null) query.andWhere({ action: In([...new Set(actions)]) });
  if (subjectId != null) query.andWhere({ subjectId });
  if (from != null) query.andWhere('item.at >= :from', { from: from.getTime() });
  if (to != null) query.andWhere('item.at < :to', { to: to.getTime() });
  return readPage(query, pageRequest(args));
}
