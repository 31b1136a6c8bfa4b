/** Lets the later steps of the story use the connector that step 2 created, without copying its id by hand. */

/** The variable value that stands for the id; only exactly this is replaced. */
export const PLACEHOLDER = '<id of the connector from step 2>';

/** For whoever comes back to a connector that an earlier session created. */
export const FIND_CONNECTOR = '{ connector(by: { linkName: "postman_echo" }) { id } }';

/** Where the last id is kept: the part of the browser's `Storage` that is used. */
export interface IdStore {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

const SLOT = 'grapnel:connectorId';

/** As `JSON.parse`, and remembers the id of the last `connector { id }` in the answer. */
export function parseAnswer(text: string, store: IdStore): unknown {
  return JSON.parse(text, (name, value) => {
    if (name === 'connector' && typeof value?.id === 'string') store.setItem(SLOT, value.id);
    return value;
  });
}

/** Whether the variables ask for an id that is not known yet. */
export function isConnectorMissing(variables: unknown, store: IdStore): boolean {
  return store.getItem(SLOT) === null && JSON.stringify(variables ?? {}).includes(JSON.stringify(PLACEHOLDER));
}

/** The variables with the remembered id in the place of the placeholder. Throws, in plain words, when there is none. */
export function withConnectorId(variables: unknown, store: IdStore): unknown {
  return JSON.parse(JSON.stringify(variables ?? {}), (_name, value) => {
    if (value !== PLACEHOLDER) return value;
    const id = store.getItem(SLOT);
    if (id === null) throw new Error('There is no connector with the link name postman_echo yet: run step 2 first.');
    return id;
  });
}

/** Another key may belong to another workspace, where the id means nothing. */
export function forgetConnectorId(store: IdStore): void {
  store.removeItem(SLOT);
}
