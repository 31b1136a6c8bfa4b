/** What an `oidc-provider` keeps, in maps that a test can look into. */

export type Kept = Record<string, unknown> & { grantId?: string; uid?: string; exp?: number };

export class OidcStore {
  /** By `Kind:id`. */
  private readonly kept = new Map<string, Kept>();

  /** Everything of a kind, such as `AccessToken`. */
  all(kind: string): Kept[] {
    return [...this.kept].filter(([key]) => key.startsWith(`${kind}:`)).map(([, payload]) => payload);
  }

  get(kind: string, id: string): Kept | undefined {
    return this.kept.get(`${kind}:${id}`);
  }

  put(kind: string, id: string, payload: Kept): void {
    this.kept.set(`${kind}:${id}`, payload);
  }

  /** The adapter (https://github.com/panva/node-oidc-provider, `example/my_adapter.js`) of one kind. */
  adapter(kind: string) {
    return {
      upsert: async (id: string, payload: Kept) => this.put(kind, id, payload),
      find: async (id: string) => this.get(kind, id),
      findByUid: async (uid: string) => this.all(kind).find((payload) => payload.uid === uid),
      findByUserCode: async () => undefined,
      destroy: async (id: string) => void this.kept.delete(`${kind}:${id}`),
      consume: async (id: string) => void Object.assign(this.get(kind, id) ?? {}, { consumed: nowInSeconds() }),
      revokeByGrantId: async (grantId: string) => {
        for (const [key, payload] of this.kept)
          if (key.startsWith(`${kind}:`) && payload.grantId === grantId) this.kept.delete(key);
      },
    };
  }
}

export const nowInSeconds = () => Math.floor(Date.now() / 1000);
