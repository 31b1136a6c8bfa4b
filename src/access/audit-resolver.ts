/** The audit log as it is read: its root field, and who did what in it. */
import { Arg, Args, Ctx, Field, FieldResolver, ID, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { AuditActorKind } from '../audit/actor';
import { AuditDetail, AuditEvent, AuditEventPage, AuditSubject } from '../audit/audit-event';
import { AuditEventFilter, listAuditEvents } from '../audit/list';
import { PageArgs } from '../graphql/page';
import type { Store } from '../storage/store';
import { Allow } from './allow';
import { Role } from './caller';
import type { Context } from './context';

@ObjectType({ simpleResolvers: true, description: 'Who did something, as it was then.' })
class AuditActor {
  @Field(() => AuditActorKind, { description: 'What they showed.' })
  kind!: AuditActorKind;

  @Field(() => ID, {
    nullable: true,
    description:
      'Of the key or of the session token, which may be no more; null for the server, and for an owner of another workspace.',
  })
  id!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What people called the key, or the one that the session token was made with.',
  })
  name!: string | null;

  @Field(() => Role, {
    nullable: true,
    description: 'The role of the key; null for a session token and for the server.',
  })
  role!: Role | null;

  @Field(() => String, { nullable: true, description: 'The user that the session token was for.' })
  userId!: string | null;
}

@Resolver(() => AuditEvent)
export class AuditResolver {
  constructor(private readonly store: Store) {}

  @Query(() => AuditEventPage, {
    name: 'auditEvents',
    description: 'The audit log of the workspace: who did what to what, and when. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  list(
    @Ctx() { caller }: Context,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => AuditEventFilter, { nullable: true, description: 'Which entries; left out: all.' })
    filter?: AuditEventFilter | null,
  ) {
    return listAuditEvents(this.store.read, caller.workspaceId, filter ?? {}, page);
  }

  @FieldResolver(() => AuditActor, { description: 'Who did it.' })
  actor(@Root() { actorKind, actorId, actorName, actorRole, actorUserId }: AuditEvent): AuditActor {
    return { kind: actorKind, id: actorId, name: actorName, role: actorRole as Role | null, userId: actorUserId };
  }

  @FieldResolver(() => AuditSubject, { description: 'What it was done to.' })
  subject(@Root() { subjectKind, subjectId, subjectName }: AuditEvent): AuditSubject {
    return { kind: subjectKind, id: subjectId, name: subjectName };
  }

  @FieldResolver(() => [AuditDetail], { description: 'What else is known of it, by name.' })
  details(@Root() { details }: AuditEvent): AuditDetail[] {
    return (JSON.parse(details) as [string, string][]).map(([name, value]) => ({ name, value }));
  }
}
