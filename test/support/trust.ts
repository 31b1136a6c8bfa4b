/** The figures of the trust suites: what was tried, how often, and what got through; a short run by default, the whole one by `npm run trust`. */
import { appendFileSync } from 'node:fs';

/** `npm run trust` names the file that figures are gathered in. */
const report = process.env.TRUST_REPORT || undefined;

/** How much to try: `short` as a part of all tests, `full` by `npm run trust`. */
export const amount = (short: number, full: number): number => (report === undefined ? short : full);

function note(chapter: string, what: string, figure: string, holds: boolean): void {
  if (report !== undefined) appendFileSync(report, `${JSON.stringify({ chapter, what, figure, holds })}\n`);
}

/**
 * Records a figure that has to be zero, and fails the test when it is not: `hits` are the attempts that got through, of `tried`;
 * with `atLeast`, so many must have been tried in the whole run.
 */
export function expectNone(chapter: string, what: string, hits: readonly unknown[], tried: number, atLeast = 1): void {
  const isEnough = tried >= amount(1, atLeast);
  note(chapter, what, `${hits.length} of ${tried.toLocaleString('en-US')}`, hits.length === 0 && isEnough);
  expect(hits.slice(0, 20)).toEqual([]);
  if (!isEnough) throw new Error(`Only ${tried} of ${atLeast} were tried: ${what}`);
}

/** Records what was measured, for the reader of the report. */
export function tell(chapter: string, what: string, figure: string): void {
  note(chapter, what, figure, true);
}
