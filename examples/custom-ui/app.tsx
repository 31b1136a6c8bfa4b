/** A custom UI: the form that a connector asks for, or a popup to its provider, and the state of the connection as it changes. */
import { useApolloClient, useMutation, useQuery, useSubscription } from '@apollo/client/react';
import { type FormEvent, useState } from 'react';
import {
  authorizeMutation,
  type Connection,
  connectionQuery,
  credentialsOf,
  eventsSubscription,
  flowSubscription,
} from './operations';

export interface Session {
  connectionId: string;
  userId: string | null;
}

interface FlowState {
  status: string;
  authorizationUrl: string | null;
  error: { message: string } | null;
}

interface Authorized {
  connectionAuthorize: {
    flow: { id: string; authorizationUrl: string | null } | null;
    userErrors: { message: string; path: string[] }[];
  };
}

export function App({ connectionId, userId }: Session) {
  const [flowId, setFlowId] = useState<string>();
  const [problems, setProblems] = useState<string[]>([]);
  const variables = { id: connectionId, userId };
  const { data, error, refetch } = useQuery<{ connection: Connection | null }>(connectionQuery, { variables });
  const [authorize, { loading }] = useMutation<Authorized>(authorizeMutation);
  useSubscription(eventsSubscription, { variables: { id: connectionId }, onData: () => void refetch() });

  if (error) return <p role="alert">{error.message}</p>;
  const connection = data?.connection;
  if (!connection) return <p>Loading…</p>;
  const { connector, grant } = connection;
  const fields = connector.authorizationForm.fields.filter(({ kind }) => kind === 'CREDENTIAL');

  async function connect(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    // Opened by the click itself, before anything is asked: browsers block popups that open later.
    const popup =
      fields.length === 0 ? window.open('about:blank', 'authorization', 'popup,width=520,height=720') : null;
    const credentials = fields.length === 0 ? undefined : credentialsOf(fields, new FormData(form));
    const input = { connection: { id: connectionId }, credentials };
    // What is wrong with the request as a whole, such as a session that has ended, is thrown; what is wrong with the input is answered.
    const answer = await authorize({ variables: { input } }).catch((thrown: Error) => thrown);
    const { flow = null, userErrors } =
      answer instanceof Error ? { userErrors: [answer] } : (answer.data?.connectionAuthorize ?? { userErrors: [] });
    setProblems(userErrors.map(({ message }) => message));
    setFlowId(flow?.id);
    if (flow) form.reset();
    if (flow?.authorizationUrl && popup) popup.location.href = flow.authorizationUrl;
    else popup?.close();
  }

  return (
    <main>
      <header>
        {connector.logo && <img src={connector.logo.url} alt="" />}
        <h1>{connection.name}</h1>
      </header>
      <p className={`state ${grant?.status ?? 'UNAUTHORIZED'}`}>
        <strong data-testid="status">{grant?.status ?? 'UNAUTHORIZED'}</strong>
        <span>{grant?.health.reason ?? `Connect your ${connector.name} account.`}</span>
      </p>
      <form onSubmit={(event) => void connect(event)}>
        {fields.map((field) => (
          <label key={field.key}>
            {field.label}
            <input
              name={field.key}
              type={field.secret ? 'password' : 'text'}
              required={field.required}
              pattern={field.pattern ?? undefined}
              autoComplete="off"
            />
            {field.help && <small>{field.help}</small>}
          </label>
        ))}
        <button type="submit" disabled={loading}>
          {grant?.status === 'CONNECTED' ? 'Connect again' : `Connect ${connector.name}`}
        </button>
      </form>
      {problems.map((problem) => (
        <p role="alert" key={problem}>
          {problem}
        </p>
      ))}
      {flowId && <Flow key={flowId} id={flowId} />}
    </main>
  );
}

/** The attempt under way: told at once how it stands, and again whenever that changes. */
function Flow({ id }: { id: string }) {
  const client = useApolloClient();
  const { data } = useSubscription<{ authorizationFlow: FlowState }>(flowSubscription, {
    variables: { id },
    onComplete: () => void client.refetchQueries({ include: [connectionQuery] }),
  });
  if (!data) return null;
  const { status, authorizationUrl, error } = data.authorizationFlow;
  return (
    <p className="flow">
      Authorization: <strong data-testid="flow">{status}</strong> {error?.message}
      {/* For whoever blocks popups, or has closed this one. */}
      {authorizationUrl && (
        <a href={authorizationUrl} target="authorization" rel="opener">
          Open the window
        </a>
      )}
    </p>
  );
}
