/** The moment on a clock that all processes of a machine share. */

/** In milliseconds. */
export const moment = (): number => Number(process.hrtime.bigint()) / 1e6;
