/** The table: in the terminal line by line, and in Markdown. */
import type { Line, Result, Row } from './row';
import { type Spread, written } from './spread';

const quotient = ({ median, min, max }: Spread) => [`${written(median)}×`, `${written(min)}–${written(max)}`] as const;

function cells({ what, ours, peer, ratio, reach, isReached }: Line): string[] {
  const [middle, spread] = ratio ? quotient(ratio) : ['–', '–'];
  const verdict = isReached === undefined ? '' : isReached ? ' ✓' : ' ✗';
  return [what, ours, peer, middle, spread, `${reach}${verdict}`];
}

/** A row in Markdown. */
export function section({ title, name }: Row, { lines, notes = [] }: Result): string {
  const table = [
    ['what', 'ours', 'the peer', 'ratio', 'spread', 'reach'],
    ['---', '--:', '--:', '--:', '--:', ':--'],
    ...lines.map(cells),
  ];
  const text = table.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
  return `## ${title} (\`${name}\`)\n\n${[text, ...notes].join('\n\n')}\n`;
}
