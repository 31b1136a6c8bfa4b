/** The bar at the top: takes the API key, says whom the server takes it for, and offers two helpers for the story. */
import { type FormEvent, useEffect, useState } from 'react';
import type { Server } from './server';

const WHO = 'query Who { viewer { role workspace { name } } }';

interface Status {
  kind: 'missing' | 'asking' | 'accepted' | 'refused';
  text: string;
}

const MISSING: Status = { kind: 'missing', text: 'Your key was printed at the server’s first start.' };
const ASKING: Status = { kind: 'asking', text: 'Asking the server …' };

export function KeyBar(props: { apiKey: string; server: Server; onKey(key: string): void; onReset(): void }) {
  const { apiKey, server, onKey, onReset } = props;
  const status = useStatus(apiKey, server);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    onKey(String(new FormData(event.currentTarget).get('key') ?? '').trim());
  }

  return (
    <header className="bar">
      <h1>
        <img src="/playground/icon.svg" alt="" width="24" height="24" /> Grapnel <span>playground</span>
      </h1>
      <form onSubmit={submit}>
        <label htmlFor="key">API key</label>
        <input
          id="key"
          name="key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="paste it here"
          defaultValue={apiKey}
        />
        <button type="submit">Use key</button>
      </form>
      <p role="status" className={status.kind}>
        {status.text}
      </p>
      <nav>
        <button type="button" onClick={onReset} title="Bring back the tabs of the story as they were at first">
          Reset tabs
        </button>
        {/* A window opened from here starts with a copy of the session: the same key and tabs. */}
        <button
          type="button"
          onClick={() => window.open('/')}
          title="The same key; one can watch while the other works"
        >
          Second window
        </button>
      </nav>
    </header>
  );
}

/** Asks the server who the key belongs to whenever the key changes. */
function useStatus(apiKey: string, server: Server): Status {
  const [status, setStatus] = useState(MISSING);
  useEffect(() => {
    if (apiKey === '') return setStatus(MISSING);
    let current = true;
    setStatus(ASKING);
    whoAmI(server).then((answer) => {
      if (current) setStatus(answer);
    });
    return () => {
      current = false;
    };
  }, [apiKey, server]);
  return status;
}

async function whoAmI(server: Server): Promise<Status> {
  try {
    const { data, errors } = await server.send({ query: WHO });
    const viewer = data?.viewer as { role: string; workspace: { name: string } } | undefined;
    if (viewer) return { kind: 'accepted', text: `${viewer.role} of ${viewer.workspace.name}` };
    return { kind: 'refused', text: errors?.[0]?.message ?? 'The server did not say who you are.' };
  } catch {
    return { kind: 'refused', text: 'The server cannot be reached, or the key has characters no key has.' };
  }
}
