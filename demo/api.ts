/** The API of the demo: it checks what each step sends and answers with what it saw. */
import { type Loopback, listen } from './loopback';
import { json, type Step } from './step';

/** Answers 200 with `{ hello, saw }`, or 401 with `{ error, saw }`; 404 where no step has that path. */
export function startApi(steps: readonly Step[]): Promise<Loopback> {
  return listen((received) => {
    const step = steps.find(({ path }) => path.split('?', 1)[0] === received.url.pathname);
    if (!step) return json(404, { error: 'nothing here' });
    const { who, seen: saw } = step.check(received);
    return who ? json(200, { hello: who, saw }) : json(401, { error: 'wrong credentials', saw });
  });
}
