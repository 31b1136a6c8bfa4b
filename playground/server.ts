/** Talks to the GraphQL server: queries and mutations over HTTP, subscriptions over graphql-ws, both with the API key. */
import type { GraphiQL } from 'graphiql';
import { type FormattedExecutionResult, getOperationAST, type OperationDefinitionNode, parse } from 'graphql';
import { createClient } from 'graphql-ws/client';
import type { ComponentProps } from 'react';
import { FIND_CONNECTOR, isConnectorMissing, parseAnswer, withConnectorId } from './connector-id';

type Fetcher = ComponentProps<typeof GraphiQL>['fetcher'];

export interface Operation {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown>;
}

/** The answer to one operation; what goes wrong on the way is an answer with `errors`, too. */
export type Answer = FormattedExecutionResult<Record<string, unknown>>;

export interface Server {
  send(operation: Operation): Promise<Answer>;
  /** GraphiQL's way to run whatever stands in the editor. */
  fetcher: Fetcher;
  close(): void;
}

const NO_KEY =
  'Enter your API key above. It was printed at the server’s first start, unless BOOTSTRAP_API_KEY gave it one.';

const failure = (message: string): Answer => ({ errors: [{ message }] });

/** A server that is asked with this key; the socket is opened by the first subscription and closed after the last. */
export function connect(key: string): Server {
  const socket = createClient({
    url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${key}` },
    // Whoever watches is told at once that the socket was refused or lost, instead of half a minute of silent attempts.
    retryAttempts: 0,
  });

  async function send(operation: Operation): Promise<Answer> {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json',
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(operation),
    });
    const text = await response.text();
    try {
      return parseAnswer(text, sessionStorage) as Answer;
    } catch {
      return failure(`The server answered ${response.status} ${response.statusText} without JSON.`);
    }
  }

  /** GraphiQL subscribes to it, and unsubscribes when another tab is chosen or the button is pressed again. */
  function watch(operation: Operation) {
    return {
      subscribe(observer: { next(value: unknown): void; error(reason: unknown): void; complete(): void }) {
        const unsubscribe = socket.subscribe(operation, {
          next: (event) => observer.next(event),
          error: (reason) => observer.error(inWords(reason)),
          complete: () => observer.complete(),
        });
        return { unsubscribe };
      },
    };
  }

  async function run({ query, operationName, variables }: Operation) {
    if (key === '') return failure(NO_KEY);
    try {
      if (isConnectorMissing(variables, sessionStorage)) await send({ query: FIND_CONNECTOR });
      const chosen = chosenOperation(query, operationName);
      const operation = {
        query,
        operationName: chosen?.name?.value,
        variables: withConnectorId(variables, sessionStorage) as Record<string, unknown>,
      };
      return chosen?.operation === 'subscription' ? watch(operation) : await send(operation);
    } catch (error) {
      return failure((error as Error).message);
    }
  }

  return { send, fetcher: run as Fetcher, close: () => void socket.dispose() };
}

/**
 * The operation to run; none when the text cannot be parsed, which the server explains best. GraphiQL learns the name a
 * moment after a tab is opened: until then it gives that of the tab before, which is not in this text.
 */
function chosenOperation(query: string, name?: string | null): OperationDefinitionNode | undefined {
  try {
    const document = parse(query);
    return getOperationAST(document, name) ?? getOperationAST(document) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Why a subscription ended, as GraphiQL shows it: the GraphQL errors themselves, or a sentence about the socket. */
function inWords(reason: unknown): unknown {
  if (!(reason instanceof CloseEvent)) return reason;
  return [{ message: `The server closed the subscription: ${reason.code} ${reason.reason || '(it gave no reason)'}` }];
}
