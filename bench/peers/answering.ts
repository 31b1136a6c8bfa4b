/** The other end of `Child.ask`: what a process answers to whoever started it, without whom it ends. */

// biome-ignore lint/suspicious/noExplicitAny: each question has an input and an answer of its own.
export type Answers = Record<string, (input: any) => unknown>;

interface Question {
  readonly id: number;
  readonly question: string;
  readonly input: unknown;
}

export function answering(answers: Answers): void {
  process.on('message', async ({ id, question, input }: Question) => {
    try {
      const answer = answers[question];
      if (!answer) throw new Error(`Nobody answers to ${question}.`);
      process.send?.({ id, answer: await answer(input) });
    } catch (error) {
      process.send?.({ id, error: `${question}: ${(error as Error).message}` });
    }
  });
  process.on('disconnect', () => process.exit());
}
