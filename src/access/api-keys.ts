/** What can be done with API keys: make, list, revoke. */
import { AuditAction, AuditSubjectKind } from '../audit/action';
import { type Deed, record } from '../audit/trail';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import { problemsOf } from '../rules/rule';
import { isKeepable } from '../rules/text';
import { readPage } from '../storage/paging';
import type { Store } from '../storage/store';
import { ApiKey } from './api-key';
import { type Caller, mayAll } from './caller';
import type { ApiKeyCreateInput } from './inputs';
import { insertKey } from './new-key';

export class ApiKeys {
  /** `ended` is told the id of each key that was revoked. */
  constructor(
    private readonly store: Store,
    private readonly ended: (keyId: string) => void,
    private readonly now: () => Date,
  ) {}

  list(caller: Caller, args: PageArgs): Promise<Page<ApiKey>> {
    const query = this.store.read.createQueryBuilder(ApiKey, 'item').where({ workspaceId: caller.workspaceId });
    return readPage(query, pageRequest(args));
  }

  async create(caller: Caller, input: ApiKeyCreateInput): Promise<{ apiKey: ApiKey; secret: string }> {
    const problems = problemsOf(input);
    if (!mayAll(caller.role, input.role))
      problems.push(
        notAccepted(
          'role',
          `A key of the role ${caller.role} cannot make one of the role ${input.role}, which may more.`,
        ),
      );
    if (input.expiresAt && input.expiresAt <= this.now())
      problems.push({
        code: UserErrorCode.OUT_OF_RANGE,
        path: ['expiresAt'],
        message: 'The end of a key lies in the future; leave it out for a key without end.',
      });
    refuseAny(problems);
    return this.store.write((tx) => insertKey(tx, caller, input, this.now()));
  }

  /** Ends a key; the session tokens that were made with it go with its row. */
  async revoke(caller: Caller, id: string): Promise<string> {
    await this.store.write(async (tx) => {
      const key = isKeepable(id) ? await tx.findOneBy(ApiKey, { id, workspaceId: caller.workspaceId }) : null;
      if (!key) throw new Refused({ code: UserErrorCode.NOT_FOUND, path: ['id'], message: 'There is no such key.' });
      if (!mayAll(caller.role, key.role))
        throw new Refused(
          notAccepted(
            'id',
            `A key of the role ${caller.role} cannot revoke one of the role ${key.role}, which may more.`,
          ),
        );
      if (id === caller.keyId)
        throw new Refused({
          code: UserErrorCode.IN_USE,
          path: ['id'],
          message: 'A key cannot revoke itself: use another one, so that nobody is locked out.',
        });
      await tx.delete(ApiKey, { id });
      await record(tx, caller, this.now(), keyRevoked(key));
    });
    this.ended(id);
    return id;
  }
}

/** The deed of ending a key. */
export const keyRevoked = ({ id, name, role }: ApiKey): Deed => ({
  action: AuditAction.API_KEY_REVOKED,
  subject: { kind: AuditSubjectKind.KEY, id, name },
  details: { role },
});

const notAccepted = (argument: string, message: string): Problem => ({
  code: UserErrorCode.NOT_ACCEPTED,
  path: [argument],
  message,
});
