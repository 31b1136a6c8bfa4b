/** Why the demo cannot go on, said to the person who runs it. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}
