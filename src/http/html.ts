/** HTML in which every value is escaped. */

/** Text that is safe to stand in HTML; made by `html` only. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = string | Html | readonly Html[];

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function safe(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value !== 'string') return value.map(safe).join('');
  return value.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** A template whose values are escaped unless they are `Html` themselves. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(parts.reduce((text, part, index) => `${text}${safe(values[index - 1] ?? '')}${part}`));
}
