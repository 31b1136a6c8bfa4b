/** The pages that people see on their way to a provider and back: plain, readable on a phone, without script where there is no need. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** Text that is safe to stand in HTML; made by `html` only. */
export class Html {
  constructor(readonly text: string) {}
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A template whose values are escaped unless they are `Html` themselves. */
export function html(parts: TemplateStringsArray, ...values: (string | Html | readonly Html[])[]): Html {
  const safe = (value: string | Html | readonly Html[]): string => {
    if (value instanceof Html) return value.text;
    if (typeof value !== 'string') return value.map(safe).join('');
    return value.replace(/[&<>"']/g, (character) => entities[character] ?? '');
  };
  return new Html(parts.reduce((text, part, index) => `${text}${safe(values[index - 1] ?? '')}${part}`));
}

const style = `
:root { color-scheme: light dark; --ink: #16202a; --soft: #5b6875; --paper: #f3f5f7; --card: #fff; --line: #dde3e8; --accent: #0b6bcb; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #9aa7b3; --paper: #11161b; --card: #1a2128; --line: #2c3640; --accent: #5aa9f5; --on-accent: #0c1116; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 28rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; }
h1 { margin: 0 0 1rem; font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
dl { margin: 0 0 1.5rem; padding: 1rem; border: 1px solid var(--line); border-radius: 0.5rem; }
dt { color: var(--soft); font-size: 0.85rem; }
dd { margin: 0 0 0.75rem; overflow-wrap: anywhere; }
dd:last-child { margin-bottom: 0; }
ul { margin: 0; padding-left: 1.2rem; }
a.button { display: block; padding: 0.75rem 1rem; border-radius: 0.5rem; background: var(--accent); color: var(--on-accent); text-align: center; text-decoration: none; font-weight: 600; }
a.button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.note { margin: 1rem 0 0; color: var(--soft); font-size: 0.85rem; }
`;

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly body: Html;
  /** JavaScript that the page also works without. */
  readonly script?: string;
}

/** Answers with a page that can load nothing, be framed by nobody, and tell nobody where it was. */
export function sendPage(response: ServerResponse, { status, title, body, script }: Page, cookie?: string): void {
  const nonce = randomBytes(16).toString('base64');
  const scripts = script ? new Html(`<script nonce="${nonce}">${script}</script>`) : html``;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style nonce="${nonce}">${new Html(style)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
${scripts}
</body>
</html>
`;
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src ${script ? `'nonce-${nonce}'` : "'none'"}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...(cookie && { 'set-cookie': cookie }),
  });
  response.end(document.text);
}
