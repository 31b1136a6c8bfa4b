/**
 * The first signal to stop. Imported before all else: where this is the first process of a container, a signal that nothing
 * listens to ends nothing, so one that came while modules load would be lost, and the engine would kill at the end of its patience.
 */
export const stopSignal = new Promise<NodeJS.Signals>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve);
});
