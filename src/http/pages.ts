/** The pages that people see on their way to a provider and back: plain, readable on a phone, without script where there is no need. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Html, html } from './html';

const style = `
:root { color-scheme: light dark; --ink: #16202a; --soft: #55626e; --paper: #eef1f4; --card: #fff; --line: #dde3e8; --accent: #0b63bd; --on-accent: #fff; --good: #13794b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #a3afba; --paper: #0e1317; --card: #1a2128; --line: #2f3a44; --accent: #6bb3f7; --on-accent: #0b1218; --good: #5fd39a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 1rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 29rem; padding: clamp(1.25rem, 6vw, 2.25rem); background: var(--card); border: 1px solid var(--line); border-radius: 1rem; box-shadow: 0 1px 2px rgb(0 0 0 / 5%), 0 12px 32px rgb(0 0 0 / 7%); }
h1 { margin: 0 0 0.75rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -0.01em; }
h1, p, dd { overflow-wrap: anywhere; }
p { margin: 0 0 1.25rem; }
dl { margin: 0 0 1.5rem; border-block: 1px solid var(--line); }
dl div { padding: 0.7rem 0; }
dl div + div { border-top: 1px solid var(--line); }
dt { color: var(--soft); font-size: 0.85rem; }
dd { margin: 0; }
ul { margin: 0; padding: 0; list-style: none; }
li + li { margin-top: 0.35rem; }
.soft { color: var(--soft); font-size: 0.85rem; }
li .soft { display: block; font-family: ui-monospace, monospace; font-size: 0.8rem; }
.mark { display: grid; place-items: center; width: 3rem; height: 3rem; margin: 0 0 1rem; border: 2px solid; border-radius: 50%; font-size: 1.4rem; line-height: 1; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.none { color: var(--soft); }
a.button { display: block; padding: 0.8rem 1rem; border-radius: 0.6rem; background: var(--accent); color: var(--on-accent); text-align: center; text-decoration: none; font-weight: 600; overflow-wrap: anywhere; }
a.button:hover { filter: brightness(1.08); }
a.button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
blockquote { margin: 0 0 1.25rem; padding: 0.1rem 0 0.1rem 0.9rem; border-left: 3px solid var(--line); overflow-wrap: anywhere; }
p.said { margin-bottom: 0.35rem; }
main > :last-child { margin-bottom: 0; }
.note { margin: 1.25rem 0 0; color: var(--soft); font-size: 0.875rem; }
`;

const marks = { good: '✓', bad: '!', none: '–' };

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly body: Html;
  /** What stands over the title, to be seen at a glance. */
  readonly mark?: keyof typeof marks;
  /** JavaScript that the page also works without. */
  readonly script?: string;
}

/** Answers with a page that can load nothing, be framed by nobody, and tell nobody where it was. */
export function sendPage(response: ServerResponse, { status, title, body, mark, script }: Page, cookie?: string): void {
  const nonce = randomBytes(16).toString('base64');
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style nonce="${nonce}">${new Html(style)}</style>
</head>
<body>
<main>
${mark ? html`<div class="mark ${mark}" aria-hidden="true">${marks[mark]}</div>` : ''}
<h1>${title}</h1>
${body}
</main>
${script ? html`<script nonce="${nonce}">${new Html(script)}</script>` : ''}
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
