/** Callers that come at the very same time: each has looked the flow up before any of them goes on. */
import { FlowStore } from '../../src/authorization/flow-store';

/** From now on, flows that are looked up are given out when `count` callers have looked; all others later, as usual. */
export function together(count: number): void {
  let looked = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { by } = FlowStore.prototype;
  const spy = jest.spyOn(FlowStore.prototype, 'by').mockImplementation(async function (this: FlowStore, ...given) {
    const flow = await by.apply(this, given);
    looked += 1;
    if (looked === count) {
      spy.mockRestore();
      open();
    }
    await all;
    return flow;
  });
}

/** Does `meanwhile` once, just after a flow was looked up. */
export function afterLookup(meanwhile: () => Promise<void>): void {
  const { by } = FlowStore.prototype;
  const spy = jest.spyOn(FlowStore.prototype, 'by').mockImplementation(async function (this: FlowStore, ...given) {
    spy.mockRestore();
    const flow = await by.apply(this, given);
    await meanwhile();
    return flow;
  });
}
