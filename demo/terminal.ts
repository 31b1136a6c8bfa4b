/** How the demo looks: plain lines, with colours where a person is watching (https://no-color.org). */
import type { WriteStream } from 'node:tty';

export interface Terminal {
  heading(title: string, about: string): void;
  /** A line with a label in front of it. */
  line(label: string, value: string): void;
  good(text: string): string;
  blank(): void;
  say(text: string): void;
}

const LABEL_WIDTH = 14;

export function terminal(out: Pick<WriteStream, 'write'> & { isTTY?: boolean }, noColor: string | undefined): Terminal {
  const isColoured = out.isTTY === true && !noColor;
  const paint = (code: number) => (text: string) => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text);
  const [bold, dim, green] = [paint(1), paint(2), paint(32)];
  const say = (text: string) => void out.write(`${text}\n`);
  return {
    heading: (title, about) => say(`${bold(title)}  ${dim(about)}`),
    line: (label, value) => say(`   ${dim(label.padEnd(LABEL_WIDTH))}${value}`),
    good: green,
    blank: () => say(''),
    say,
  };
}
