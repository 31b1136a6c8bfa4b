/**
 * Stands in for `react-style-singleton`, which injects a `<style>` to hide the page's scroll bar under a dialog. This page
 * has no scroll bar, and without the injection it needs no `unsafe-inline` in its Content-Security-Policy.
 */
export const styleSingleton = () => () => null;
