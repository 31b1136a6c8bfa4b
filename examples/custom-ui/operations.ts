/** What the page asks Grapnel. */
import { gql } from '@apollo/client';

export const connectionQuery = gql`
  query Connection($id: ID!, $userId: String) {
    connection(by: { id: $id }) {
      id
      name
      authorizationLevel
      connector {
        name
        logo {
          url
        }
        authorizationForm {
          fields {
            key
            label
            kind
            secret
            required
            pattern
            help
            inputPath
          }
        }
      }
      grant(userId: $userId) {
        status
        health {
          state
          reason
          remedy
        }
      }
    }
  }
`;

export const authorizeMutation = gql`
  mutation Authorize($input: ConnectionAuthorizeInput!) {
    connectionAuthorize(input: $input) {
      flow {
        id
        authorizationUrl
      }
      userErrors {
        message
        path
      }
    }
  }
`;

export const flowSubscription = gql`
  subscription Flow($id: ID!) {
    authorizationFlow(id: $id) {
      id
      status
      authorizationUrl
      error {
        message
      }
    }
  }
`;

export const eventsSubscription = gql`
  subscription Events($id: ID!) {
    connectionEvents(filter: { connectionId: $id }) {
      id
      kind
      at
    }
  }
`;

export interface FormField {
  key: string;
  label: string;
  kind: 'CREDENTIAL' | 'VARIABLE';
  secret: boolean;
  required: boolean;
  pattern: string | null;
  help: string | null;
  inputPath: string[];
}

export interface Connection {
  id: string;
  name: string;
  connector: { name: string; logo: { url: string } | null; authorizationForm: { fields: FormField[] } };
  grant: { status: string; health: { state: string; reason: string; remedy: string } } | null;
}

/** The `credentials` that the values of a form stand for: each field says where its value goes. */
export function credentialsOf(fields: readonly FormField[], values: FormData): Record<string, object> {
  const type = fields[0]?.inputPath[0] ?? '';
  const given = fields.map(({ key, inputPath: [, name = ''] }) => ({
    key,
    name,
    value: String(values.get(key) ?? ''),
  }));
  if (given.some(({ name }) => name === 'values'))
    return { [type]: { values: given.map(({ key, value }) => ({ key, value })) } };
  return {
    [type]: Object.fromEntries(given.filter(({ value }) => value !== '').map(({ name, value }) => [name, value])),
  };
}
