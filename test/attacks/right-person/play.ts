/** Plays cases of attacks on persons, one test each, and puts down how many succeeded. */
import { expectNone } from '../../support/trust';
import type { Case, Scene } from './scene';

/** `open`: makes the scene of each case; `variant`: what is the same in all of them, as `OAuth 1, with returnTo`. */
export interface Variant {
  readonly variant: string;
  readonly open: () => Promise<Scene>;
}

/** One test for each case in each variant; then one for the figure. */
export function play(what: string, cases: readonly Case[], variants: readonly Variant[], atLeast: number): void {
  const succeeded: string[] = [];
  let played = 0;

  describe.each(variants)('$variant', ({ variant, open }) => {
    test('nobody attacks: both come back with their own accounts', async () => {
      const scene = await open();
      for (const [who, ask] of [
        ['victim', scene.asVictim],
        ['mallory', scene.asMallory],
      ] as const) {
        const { person, callback } = await scene.away(who);
        await scene.confirm(ask, await scene.open(person, callback));
      }
      expect([await scene.accountOf('victim'), await scene.accountOf('mallory')]).toEqual(['victim', 'mallory']);
    });

    test.each(cases)('$name', async ({ name, goal, attack }) => {
      const scene = await open();
      const won = (await attack(scene)) ?? [];
      const damage = [...(await scene.damage()), ...won];
      played += 1;
      if (damage.length > 0) succeeded.push(`${variant}: ${name}: ${goal}`);
      expect({ goal, damage }).toEqual({ goal, damage: [] });
    });
  });

  test(`none of them succeeded: ${what}`, () => {
    expect(played).toBe(cases.length * variants.length);
    expectNone('Right person', what, succeeded, played, atLeast);
  });
}
