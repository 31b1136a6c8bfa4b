/** The playground: a bar for the API key above GraphiQL, whose first tabs tell a worked story. */
import { GraphiQL } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './page.css';
import { forgetConnectorId } from './connector-id';
import { KeyBar } from './key-bar';
import { connect } from './server';

// Everything is kept in sessionStorage: neither the key nor credentials typed into variables outlive the window.
const KEY = 'grapnel:apiKey';
const GRAPHIQL = 'graphiql:';

// GraphiQL's own setting for the share of the query above the variables; by default the variables of the story do not fit.
const SHARE = `${GRAPHIQL}secondaryEditorFlex`;

const NEW_TAB = '# Ctrl-Space completes, Ctrl-Enter runs.\n';

function prepareStorage(): void {
  if (sessionStorage.getItem(SHARE) === null) sessionStorage.setItem(SHARE, '1.2');
}

function Playground() {
  const [apiKey, setApiKey] = useState(() => sessionStorage.getItem(KEY) ?? '');
  const [round, setRound] = useState(0);
  const server = useMemo(() => connect(apiKey), [apiKey]);
  useEffect(() => () => server.close(), [server]);

  function takeKey(key: string) {
    sessionStorage.setItem(KEY, key);
    forgetConnectorId(sessionStorage);
    setApiKey(key);
  }

  function resetTabs() {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(GRAPHIQL)) sessionStorage.removeItem(name);
    prepareStorage();
    setRound(round + 1);
  }

  return (
    <>
      <KeyBar apiKey={apiKey} server={server} onKey={takeKey} onReset={resetTabs} />
      <main>
        <GraphiQL
          key={round}
          fetcher={server.fetcher}
          // GraphiQL asks for the schema whenever its fetcher changes; without a key there is nothing to ask with.
          schema={apiKey === '' ? null : undefined}
          defaultTabs={STORY}
          defaultQuery={NEW_TAB}
          defaultEditorToolsVisibility="variables"
          isHeadersEditorEnabled={false}
          showPersistHeadersSettings={false}
          storage={sessionStorage}
        >
          <GraphiQL.Logo> </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

prepareStorage();
const page = document.getElementById('page');
if (page) createRoot(page).render(<Playground />);
